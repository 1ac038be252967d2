#!/usr/bin/env python3
"""Writes q, k, v and the attention output of one layer of SmolLM2 over a text.

    make_smollm2.py FOLDER OUT.npz [--layer 11] [--tokens 1024] [--text RANGE]

FOLDER holds the model as a .gguf file. This is how the sample in this folder
was made; neither the build nor the demo runs it. It needs about 6 GB of
packages (pip install torch transformers accelerate gguf) and Debian's
bible-kjv.

q, k and v of the layer are rounded to float16 before the model's own attention
sees them, so that the output that is written belongs to the inputs that are
written to the last bits of float32.
"""
import argparse
import os
import re
import subprocess

os.environ["HF_HUB_OFFLINE"] = "1"
import numpy as np
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.models.llama import modeling_llama


def read_text(verses):
    """Verses of the King James Bible in one line, without their labels."""
    lines = subprocess.run(["bible", "-f", verses], capture_output=True,
                           text=True, check=True).stdout.splitlines()
    return " ".join(re.sub(r"^\S+ ", "", line) for line in lines)


def record(layer, attend):
    """attend, which from now on keeps what it saw in that layer, and where."""
    seen = {}

    def attend_and_record(module, query, key, value, mask, **options):
        if module.layer_idx != layer:
            return attend(module, query, key, value, mask, **options)
        query, key, value = (x.half().float() for x in (query, key, value))
        out, weights = attend(module, query, key, value, mask, **options)
        seen.update(q=query[0], k=key[0], v=value[0],
                    out=out[0].transpose(0, 1))
        return out, weights

    return attend_and_record, seen


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder")
    parser.add_argument("out")
    parser.add_argument("--layer", type=int, default=11)
    parser.add_argument("--tokens", type=int, default=1024)
    parser.add_argument("--text", default="gen1:1-4:26")
    given = parser.parse_args()

    model_file = next(name for name in os.listdir(given.folder)
                      if name.endswith(".gguf"))
    tokenizer = AutoTokenizer.from_pretrained(given.folder,
                                              gguf_file=model_file)
    model = AutoModelForCausalLM.from_pretrained(
        given.folder, gguf_file=model_file, dtype=torch.float32,
        attn_implementation="eager").eval()
    tokens = tokenizer(read_text(given.text), return_tensors="pt")
    tokens = tokens["input_ids"][:, :given.tokens]

    # In place of the model's own function: under a name of its own,
    # transformers 5 would build no mask for it.
    modeling_llama.eager_attention_forward, seen = record(
        given.layer, modeling_llama.eager_attention_forward)
    with torch.no_grad():
        model(tokens)

    arrays = {name: seen[name].numpy().astype(np.float16) for name in "qkv"}
    arrays["out"] = seen["out"].contiguous().numpy().astype(np.float32)
    arrays["tokens"] = tokens[0].numpy().astype(np.int32)
    np.savez(given.out, **arrays)


if __name__ == "__main__":
    main()
