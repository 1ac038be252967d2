# python.sh: runs a peer with the Python that tools/peers/install has set up, or
# answers that there is none. Not executable, since it is no peer itself.
venv=${ORIEL_PEERS_VENV:-${XDG_CACHE_HOME:-$HOME/.cache}/oriel/peers}
if [ ! -e "$venv/done" ]; then
    echo "missing what tools/peers/install installs"
    exit 0
fi
exec "$venv/bin/python" -B "$@"
