#!/usr/bin/env bash
# Packages the extension with the recorder inside: build/pairlog-VERSION.vsix.
#
# One package serves every platform and every Python from 3.10, so nothing compiled may be in it. It is put
# together in build/vsix from a list of what belongs in it; what is not named here is not shipped.
set -euo pipefail

client=$(cd "$(dirname "$0")" && pwd)
root=$(dirname "$client")
stage=$root/build/vsix
bundled=$stage/bundled
# Not resolved further: a virtual environment's python is a link.
python=$(realpath -s "$(command -v "${PYTHON:-python3}")")

version=$(node -p "require('$client/package.json').version")
vsix=$root/build/pairlog-$version.vsix
recorder=$(sed -n 's/^__version__ = "\(.*\)"$/\1/p' "$root/pairlog/__init__.py")
if [ "$version" != "$recorder" ]; then
    echo "package.sh: vscode-client/package.json is $version and pairlog/__init__.py is $recorder; give both one version" >&2
    exit 1
fi

rm -rf "$stage"
mkdir -p "$bundled"

cd "$client"
npm run --silent build -- --metafile="$root/build/vsix.json"
node notices.mjs "$root/build/vsix.json" >"$stage/NOTICES.txt"
cp package.json README.md "$stage/"
cp --parents dist/extension.js "$stage/"
cp "$root/LICENSE" "$stage/LICENSE.txt"

# pip evaluates markers for the Python that runs it; those of older Pythons are needed all the same.
sed -E "s/ *;[^\\\\]*/ /" "$root/requirements/recorder.txt" >"$root/build/recorder-all.txt"
# The platform `any` and the ABI `none` leave only pure wheels to choose from, and each of them is hashed.
"$python" -m pip install --quiet --disable-pip-version-check --no-compile --no-deps --require-hashes \
    --only-binary=:all: --python-version 3.10 --implementation py --abi none --platform any \
    --target "$bundled" -r "$root/build/recorder-all.txt"
# Console scripts name the Python of this machine, and nobody calls them.
rm -rf "$bundled/bin"

compiled=$(find "$bundled" -name '*.so' -o -name '*.pyd' -o -name '*.dylib' -o -name '*.pyc')
if [ -n "$compiled" ]; then
    echo "package.sh: the recorder must be pure Python, but these are compiled: $compiled" >&2
    exit 1
fi

# The recorder's own sources and its rules; the demo's data and the schemas are not needed to record.
for room in pairlog lsp_server; do
    (cd "$root" && find "$room" -name '*.py' -not -path '*/data/*' -not -path '*/__pycache__/*' -print0 |
        xargs -0 cp --parents -t "$bundled")
done
(cd "$root" && cp --parents pairlog/data/gitleaks/* "$bundled")
(cd "$stage" && PYTHONPATH=$bundled PYTHONDONTWRITEBYTECODE=1 PYTHONSAFEPATH=1 "$python" -S -c 'import lsp_server.__main__, pairlog.rules.gitleaks as it; it.rules()') || {
    echo "package.sh: the packed recorder does not import; is a package missing in requirements/recorder.txt?" >&2
    exit 1
}

cd "$stage"
"$client/node_modules/.bin/vsce" package --no-dependencies --allow-missing-repository --out "$vsix" >"$root/build/vsce.log" 2>&1 || {
    cat "$root/build/vsce.log" >&2
    echo "package.sh: vsce refused the package; it says why above" >&2
    exit 1
}
echo "build/$(basename "$vsix"): $(($(stat -c %s "$vsix") / 1024)) KiB"
