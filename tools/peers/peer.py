"""What the peers in Python share: the conversation with `oriel bench --peers`.

A peer computes the whole problem once for each line "run" on its standard
input, says how long that took, and computes nothing that is not asked for.
"""
import contextlib
import os
import sys
import tempfile
import time

import problem as problems
from problem import Unsupported

MASK_BYTES = 8e9  # a mask larger than this is refused before it is there

# Threads of OpenMP spin after their work, which is good for the next piece of
# the same run: about half a millisecond here. The answer waits until they
# sleep, so that no one is disturbed between two runs.
SPINS, REST = "30000", 0.005


def settings(threads):
    """Must be in place before a library is loaded."""
    os.environ.update(
        OMP_NUM_THREADS=str(threads), MKL_NUM_THREADS=str(threads),
        GOMP_SPINCOUNT=SPINS, KMP_BLOCKTIME="0",
        TORCHINDUCTOR_CACHE_DIR=os.path.join(sys.prefix, "compiled"),
        TORCHINDUCTOR_COMPILE_THREADS="1")


def guard(problem, bytes_each):
    """For peers that keep a number for each query and key."""
    need = problem.queries * problem.keys * bytes_each
    if need > MASK_BYTES:
        raise Unsupported(f"the mask alone needs {need / 1e9:.0f} GB, more "
                          f"than {MASK_BYTES / 1e9:.0f} GB")


def load(path):
    import numpy
    with numpy.load(path) as archive:
        return [archive[name] for name in "qkv"]


def converse(say, run, result, out):
    import numpy
    for line in sys.stdin:
        if line == "run\n":
            begin = time.perf_counter()
            run()
            seconds = time.perf_counter() - begin
            time.sleep(REST)
            say(f"seconds {seconds:.9g}")
        elif line == "write\n":
            with open(out, "wb") as file:
                numpy.save(file, numpy.ascontiguousarray(
                    result(), dtype=numpy.float32))
            say("written")
        else:
            sys.exit(f'{sys.argv[0]}: "run" or "write" is expected')


def fastest(candidates, make, rounds=3, limit=10):
    """The candidate whose make(candidate)() takes the least time, and that
    function. Rounds go through all candidates, so that what disturbs one does
    not decide; after so many seconds no other is tried."""
    begin = time.perf_counter()
    runs, least = {}, {}
    for turn in range(rounds + 1):
        for candidate in candidates:
            late = time.perf_counter() - begin > limit
            if late and (turn > 0 or runs):
                break
            if turn == 0:
                runs[candidate] = make(candidate)
            seconds = timed(runs[candidate])
            least[candidate] = min(seconds, least.get(candidate, seconds))
    best = min(least, key=least.get)
    return best, runs[best]


def timed(run):
    begin = time.perf_counter()
    run()
    return time.perf_counter() - begin


@contextlib.contextmanager
def silenced():
    """What libraries print is shown only if they fail."""
    kept = os.dup(2)
    with tempfile.TemporaryFile() as chatter:
        os.dup2(chatter.fileno(), 1)
        os.dup2(chatter.fileno(), 2)
        try:
            yield
        except Exception:
            chatter.seek(0)
            os.write(kept, chatter.read())
            raise
        finally:
            os.dup2(kept, 1)
            os.dup2(kept, 2)
            os.close(kept)


def prepare(open_peer, threads, line, source):
    problem = problems.Problem(line)
    with silenced():
        version, run, result = open_peer(
            problem, threads, lambda: load(source))
        run()
    return version, run, result


def main(name, open_peer):
    """open_peer(problem, threads, load) returns what is behind "ready NAME, ",
    a function that computes and one that returns what it computed last."""
    if len(sys.argv) != 5 or not sys.argv[1].isdigit():
        sys.exit("usage: PEER THREADS PROBLEM IN.npz OUT.npy")
    threads, line, source, out = int(sys.argv[1]), *sys.argv[2:]
    answers = os.fdopen(os.dup(1), "w")

    def say(text):
        print(" ".join(text.split()), file=answers, flush=True)

    settings(threads)
    try:
        version, run, result = prepare(open_peer, threads, line, source)
    except Unsupported as reason:
        say(f"unsupported {reason}")
        return
    except (ImportError, MemoryError) as reason:
        say(f"missing {reason or 'memory'}")
        return
    except Exception as reason:  # a library's own refusal, of any kind
        first = str(reason).partition("\n")[0] or type(reason).__name__
        say(f"unsupported {first[:300]}")
        return
    time.sleep(REST)
    plural = "s" if threads > 1 else ""
    say(f"ready {name}, {version}, {threads} thread{plural}")
    with contextlib.suppress(KeyboardInterrupt, BrokenPipeError):
        converse(say, run, result, out)
