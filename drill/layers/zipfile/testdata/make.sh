#!/bin/sh
# Makes the files of this directory with real programs: Info-ZIP's zip 3.0, 7-Zip 26.02,
# bsdtar (libarchive) 3.6.2 and Python 3.11. 7-Zip writes AE-2, bsdtar AE-1 (AE-2 for files
# of less than 20 bytes) with a data descriptor.
set -eu
cd "$(dirname "$0")"
pass=correct-horse
rm -f ./*.zip ./*.z01

{
	echo '-- PostgreSQL database dump'
	i=0
	while [ $i -lt 9 ]; do
		echo "insert into public.items values ($i, 'a row of the table, number $i');"
		i=$((i + 1))
	done
	echo '-- PostgreSQL database dump complete'
} >dump.sql
mkdir -p folder
echo small >folder/small.txt
ln -sf dump.sql link

zip -q deflate.zip dump.sql folder/small.txt folder
zip -q -0 store.zip dump.sql
zip -q -y links.zip dump.sql link
zip -q -fz zip64.zip dump.sql
zip -q - dump.sql | cat >streamed.zip # data descriptors, and no sizes in the local header
echo 'a comment' | zip -q -z comment.zip dump.sql >/dev/null
zip -q -P $pass zipcrypto.zip dump.sql
7z a -bso0 -tzip -mem=ZipCrypto -p$pass zipcrypto7z.zip dump.sql
for bits in 128 192 256; do
	7z a -bso0 -tzip -mem=AES$bits -p$pass aes$bits.zip dump.sql folder/small.txt
done
7z a -bso0 -tzip -mx=0 -mem=AES256 -p$pass aes256-store.zip dump.sql
7z a -bso0 -tzip -mm=BZip2 -mem=AES256 -p$pass aes256-bzip2.zip dump.sql
for bits in 128 256; do
	bsdtar --format zip --options zip:encryption=aes$bits --passphrase $pass -cf ae1-$bits.zip dump.sql folder/small.txt
done
for method in BZip2 LZMA Deflate64 PPMd; do
	7z a -bso0 -tzip -mm=$method "$(echo $method | tr A-Z a-z).zip" dump.sql
done
python3 - <<'PY'
import warnings
import zipfile

warnings.simplefilter("ignore")
with zipfile.ZipFile("names.zip", "w") as z:
    for name in ["../../etc/passwd", "/etc/passwd", "C:\\dump.sql", "a\nb\x1b[31m", "twice", "twice", "\u202egnp.sql"]:
        z.writestr(zipfile.ZipInfo(name, (2026, 11, 27, 3, 0, 0)), "content\n")
with zipfile.ZipFile("empty.zip", "w"):
    pass
PY
# A split archive: its last part, and the beginning of its first.
dd if=/dev/urandom of=random bs=1k count=80 2>/dev/null
zip -q -s 64k split.zip random
head -c 512 split.z01 >split-first.z01
tail -c 512 split.zip >split-last.zip
rm -r folder link random split.zip split.z01
