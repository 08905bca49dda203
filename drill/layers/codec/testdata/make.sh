#!/bin/sh
# Makes the fixtures from their content by the real tools: gzip, pigz, zstd, pzstd, xz,
# bzip2, pbzip2, lbzip2 and lz4 (Debian 12). Run it in this directory.
set -eu
seq 1 800 | awk '{print $1 "\t" ($1 * 7919) % 1009 "\trow"}' > content
head -c 4000 content > first
tail -c +4001 content > second

gzip -nc content > content.gz
{ gzip -nc first; gzip -nc second; } > members.gz
pigz -nc -p2 -b128 content > pigz.gz
zstd -qc content > content.zst
{ zstd -qc first; zstd -qc second; } > frames.zst
pzstd -qc -p2 content > pzstd.zst

xz -c content > content.xz                                      # CRC64
{ xz -c --check=crc32 first; head -c 8 /dev/zero; xz -c --check=sha256 second; head -c 4 /dev/zero; } > streams.xz
xz -c -T2 --block-size=2KiB --check=sha256 content > blocks.xz   # lengths in the headers of the blocks
xz -c --check=none content > none.xz
xz -c --delta=dist=4 --lzma2=preset=6 content > delta.xz
{ xz -c --lzma2=mode=fast,dict=4KiB content; head -c 200 content.gz | xz -c; } > stored.xz # with a stored chunk
printf '' | xz -c > empty.xz
head -c 300 content | xz -c --lzma2=dict=256MiB > dictionary.xz

bzip2 -c content > content.bz2
{ bzip2 -c first; bzip2 -c second; } > streams.bz2
lbzip2 -c -n2 content > lbzip2.bz2
yes "$(seq 1 300)" | head -c 250000 > many                        # other content: 3 blocks
bzip2 -1c many > blocks.bz2
pbzip2 -qc -p2 -b1 many > pbzip2.bz2                              # a stream for each block
printf '' | bzip2 -c > empty.bz2

lz4 -qc content > content.lz4
lz4 -qc -B4 -BX --content-size content > sums.lz4
lz4 -qc -B4 -BD --no-frame-crc content > linked.lz4
lz4 -qlc content > legacy.lz4
{ lz4 -qlc first; printf '\120\052\115\030\002\000\000\000xx'; lz4 -qc second; } > mixed.lz4
printf '' | lz4 -qc > empty.lz4

# For each cut and each flipped byte: two streams.
head -c 150 content > first
head -c 300 content | tail -c +151 > second
{ gzip -nc first; gzip -nc second; } > small.gz
{ zstd -qc first; zstd -qc second; } > small.zst
{ xz -c --check=crc32 first; xz -c second; } > small.xz
{ bzip2 -c first; bzip2 -c second; } > small.bz2
{ lz4 -qc first; lz4 -qc second; } > small.lz4
rm first second many
