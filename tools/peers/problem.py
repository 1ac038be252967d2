"""A problem line as the peers in Python read it, and how it falls into blocks.

Standard library only: the tests read this without any peer being installed.
"""
import re

TYPES = ("f32", "f16", "bf16")
SIZES = {"b": "batch", "h": "heads", "q": "queries", "k": "keys", "d": "dim",
         "v": "v_dim"}
# How a tensor lies in memory is no concern of a peer, which gets it packed.
LAYOUT = re.compile(r"bshd|[qkvo]s:-?\d+(,-?\d+){3}|off\d+")
NUMBER = r"-?\d+"


class Unsupported(Exception):
    """What this peer cannot do, as a sentence."""


class Problem:
    """Fields: batch heads kv_heads queries keys dim v_dim type scale, and left,
    right: query i sees keys i + shift - left to i + shift + right, if they are
    there. A reach past everything is cut to one that sees everything."""

    def __init__(self, line):
        self.batch, self.type, self.scale = 1, "f32", None
        self.heads = self.queries = self.keys = self.dim = self.v_dim = None
        self.kv_heads = self.left = self.right = None
        self.shift = None
        self._align, self._types = ("end", 0), set()
        words = line.split()
        while words:
            word = words.pop(0)
            self._read(word + " " + words.pop(0)
                       if word == "at" and words else word)
        self._fill(line)

    def _read(self, word):
        if match := re.fullmatch(r"h(\d+)(?:/(\d+))?", word):
            self.heads = int(match[1])
            self.kv_heads = int(match[2] or match[1])
        elif match := re.fullmatch(r"([bqkdv])(\d+)", word):
            setattr(self, SIZES[match[1]], int(match[2]))
        elif match := re.fullmatch(rf"w({NUMBER}|inf),({NUMBER}|inf)", word):
            self.left, self.right = match[1], match[2]
        elif match := re.fullmatch(rf"end({NUMBER}|)", word):
            self._align = ("end", int(match[1] or 0))
        elif word == "start":
            self._align = ("start", 0)
        elif match := re.fullmatch(rf"at ({NUMBER}),({NUMBER})", word):
            self._align = ("start", int(match[1]) - int(match[2]))
        elif match := re.fullmatch(r"([kvo]?)(f32|f16|bf16)", word):
            if match[1]:
                self._types.add(match[2])
            else:
                self.type = match[2]
        elif match := re.fullmatch(r"scale(\d\S*)", word):
            self.scale = float(match[1])
        elif not LAYOUT.fullmatch(word):
            raise Unsupported(f'this peer knows no "{word}"')

    def _fill(self, line):
        if None in (self.heads, self.queries, self.dim, self.left):
            raise Unsupported(f'"{line}" lacks h, q, d or w')
        self.keys = self.keys or self.queries
        self.v_dim = self.v_dim or self.dim
        self.scale = self.scale or self.dim ** -0.5
        if self.heads % self.kv_heads:
            raise Unsupported(f"{self.heads} heads over {self.kv_heads}")
        if self._types - {self.type}:
            raise Unsupported("this peer knows one type for all tensors")
        where, origin = self._align
        self.shift = origin + \
            (self.keys - self.queries if where == "end" else 0)
        # The longest reach that makes a difference.
        most = self.queries + self.keys + abs(self.shift)
        self.left, self.right = (
            most if reach == "inf" else max(-most, min(int(reach), most))
            for reach in (self.left, self.right))
        if min(self.seen(i)[1] - self.seen(i)[0]
               for i in (0, self.queries - 1)) <= 0:
            raise Unsupported("this peer needs rows that all see a key")

    @property
    def group(self):
        return self.heads // self.kv_heads

    def seen(self, i, rows=1):
        """Keys [begin, end) that one of rows [i, i + rows) sees."""
        begin = max(0, i + self.shift - self.left)
        return begin, min(self.keys, i + rows + self.shift + self.right)

    def spans_all(self, i, rows):
        """Whether each of these rows sees all of those keys."""
        begin, end = self.seen(i, rows)
        return i + rows - 1 + self.shift - self.left <= begin and \
            i + self.shift + self.right >= end - 1


class Piece:
    """count blocks of rows queries from query first on; block n sees keys
    [begin + n * rows, begin + n * rows + span), and its row r those that stand
    in columns [r + low, r + low + left + right] of them."""

    def __init__(self, problem, first, rows, count=1):
        self.first, self.rows, self.count = first, rows, count
        self.begin, end = problem.seen(first, rows)
        self.span = end - self.begin
        self.low = first + problem.shift - problem.left - self.begin
        self.full = problem.spans_all(first, rows)


def pieces(problem, rows):
    """The rows of the problem, in order, with equal blocks as one piece: those
    whose keys are all there."""
    found = []
    for first in range(0, problem.queries, rows):
        piece = Piece(problem, first, min(rows, problem.queries - first))
        last = found[-1] if found else None
        if last and (last.rows, last.span, last.low, last.full) == \
                (piece.rows, piece.span, piece.low, piece.full) and \
                piece.begin == last.begin + last.count * rows:
            last.count += 1
        else:
            found.append(piece)
    return found


def tiles(problem, size):
    """For each block of queries two ranges of blocks of keys: those in which a
    row sees a key, and those among them in which every row sees all keys."""
    some, full = [], []
    for first in range(0, problem.queries, size):
        rows = min(size, problem.queries - first)
        begin, end = problem.seen(first, rows)
        some.append((begin // size, -(-end // size)))
        lowest = max(0, first + rows - 1 + problem.shift - problem.left)
        beyond = min(problem.keys, first + problem.shift + problem.right + 1)
        inner = -(-lowest // size), beyond // size
        full.append(inner if inner[0] < inner[1] else some[-1][:1] * 2)
    return some, full
