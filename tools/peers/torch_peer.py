"""What the peers by PyTorch share: its settings and tensors."""

def start(problem, threads, load):
    """torch, and q, k, v as the problem stores them."""
    import torch
    torch.set_num_threads(threads)
    torch.set_grad_enabled(False)
    stored = dict(f32=torch.float32, f16=torch.float16,
                  bf16=torch.bfloat16)[problem.type]
    return torch, [torch.from_numpy(x).to(stored) for x in load()]


def version(torch):
    return torch.__version__.partition("+")[0]


def types(torch, stored):
    """Types to try: products of 16-bit numbers are slow without instructions
    for them, so that converting everything may be faster."""
    return [stored] if stored == torch.float32 else [stored, torch.float32]


def is_seen(torch, problem, first, rows, begin, keys):
    """For each row and key whether the row sees the key."""
    i = torch.arange(first, first + rows)[:, None] + problem.shift
    j = torch.arange(begin, begin + keys)[None]
    return (j >= i - problem.left) & (j <= i + problem.right)


def added(torch, seen, dtype):
    """A mask to be added to scores."""
    return torch.zeros(seen.shape, dtype=dtype).masked_fill_(
        ~seen, float("-inf"))
