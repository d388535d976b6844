#!/usr/bin/env python3
"""Compares components/data/ec2-instances.csv with the EC2 facts in the PyPI package moto (Apache-2.0).

Checks vCPUs, memory, architecture and burstability; moto has no prices. The wheel is fetched once, by its digest,
and kept in the cache. Exit codes: 0 the same, 1 something differs or the index has no such wheel, 3 no pip, or the
index cannot be reached.
An argument, if given, is another table to check.
"""

import csv
import gzip
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tempfile
import zipfile

MOTO = "moto-5.2.5-py3-none-any.whl"
MOTO_REQUIREMENT = "moto==5.2.5"
MOTO_SHA256 = "eef62cdcf3bfe73e0863743511ba042dfaba04ba3d5ecdcb896a196c693ad528"
FACTS_IN_WHEEL = "moto/ec2/resources/instance_types.json.gz"
TABLE = pathlib.Path(__file__).parent.parent / "components" / "data" / "ec2-instances.csv"


def wheel() -> pathlib.Path:
    cache_home = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache")
    cached = cache_home / "podman-nanoclaw-runtime" / f"moto-{MOTO_SHA256[:16]}" / MOTO
    if cached.exists() and digest(cached) == MOTO_SHA256:
        return cached
    cached.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cached.parent) as download:
        download_with_pip(download)
        fetched = pathlib.Path(download) / MOTO
        if digest(fetched) != MOTO_SHA256:
            sys.exit(f"error: {MOTO}: wanted sha256 {MOTO_SHA256}; got {digest(fetched)}. Remedy: check the package index")
        fetched.replace(cached)
    return cached


def download_with_pip(folder: str) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--retries", "2", "--no-deps", "--only-binary", ":all:"]
    try:
        pip = subprocess.run([*command, "--dest", folder, MOTO_REQUIREMENT], capture_output=True, text=True, timeout=120)
    except subprocess.TimeoutExpired:
        print(f"cannot get {MOTO_REQUIREMENT}: the package index does not answer within 120 s", file=sys.stderr)
        sys.exit(3)
    if pip.returncode == 0:
        return
    # pip retries what it cannot connect to, and nothing else.
    unreachable = "Retrying (Retry(" in pip.stderr or "No module named pip" in pip.stderr
    print(f"cannot get {MOTO_REQUIREMENT} with pip:\n{pip.stderr}", file=sys.stderr)
    sys.exit(3 if unreachable else 1)


def digest(path: pathlib.Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def differences(row: dict, facts: dict) -> list[str]:
    known = facts.get(row["type"])
    if known is None:
        return [f"{row['type']}: wanted a type that moto knows; got none. Remedy: remove the row or correct its name"]
    pairs = {
        "vcpu": (str(known["VCpuInfo"]["DefaultVCpus"]), row["vcpu"]),
        "memory_gib": (f"{known['MemoryInfo']['SizeInMiB'] / 1024:g}", row["memory_gib"]),
        "burstable": (str(known["BurstablePerformanceSupported"]).lower(), row["burstable"]),
    }
    found = [
        f"{row['type']}.{field}: wanted {wanted}; got {got}. Remedy: correct the row"
        for field, (wanted, got) in pairs.items()
        if wanted != got
    ]
    architectures = known["ProcessorInfo"]["SupportedArchitectures"]
    if row["arch"] not in architectures:
        found.append(f"{row['type']}.arch: wanted one of {architectures}; got {row['arch']}. Remedy: correct the row")
    return found


def main() -> None:
    table = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else TABLE
    with zipfile.ZipFile(wheel()) as archive:
        facts = json.loads(gzip.decompress(archive.read(FACTS_IN_WHEEL)))
    lines = [line for line in table.read_text().splitlines() if line and not line.startswith("#")]
    rows = list(csv.DictReader(lines))
    found = [difference for row in rows for difference in differences(row, facts)]
    names = [row["type"] for row in rows]
    found += [f"{name}: wanted one row; got {names.count(name)}. Remedy: keep one" for name in set(names) if names.count(name) > 1]
    for difference in found:
        print(f"error: {difference}", file=sys.stderr)
    print(f"{len(rows)} instance types compared with {MOTO_REQUIREMENT}: {len(found)} differences")
    sys.exit(1 if found else 0)


main()
