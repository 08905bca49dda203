#!/usr/bin/env python3
"""Makes the files of this directory from the documented format, independently of the Go
package: python3-cryptography, or pycryptodome as in Databasus' page "How to recover without
Databasus", which this agrees with.

The facts (databasus/databasus, features/backups/backups/encryption and
features/encryption/secrets): secret.key is two UUIDs without a separator or a line end; the
bytes of the file and the lower-case text of the backup's UUID are one PBKDF2-HMAC-SHA256
password; the length of a chunk is big-endian and includes the tag of 16 bytes; the nonce of
chunk i is the first 4 bytes of the file's nonce and i as a big-endian uint64, from 0; no
associated data; the 12 reserved bytes are zero.
"""
import hashlib
import json
import base64
import os
import struct

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

here = os.path.dirname(os.path.abspath(__file__))
SECRET = b"5f0c2c1e-8c3d-4a53-9c39-3f0f3a1c7d11b1d7c6a2-4f0e-4f55-8a7e-0d5f9e6b2c44"
ID = "550e8400-e29b-41d4-a716-446655440000"
SALT = bytes(range(32))
NONCE = bytes(range(100, 112))


def encrypt(plain, secret=SECRET, chunk=1 << 20):
    key = hashlib.pbkdf2_hmac("sha256", secret + ID.encode(), SALT, 100000, 32)
    out = b"PGRSUS01" + SALT + NONCE + bytes(12)
    for i in range(0, len(plain), chunk):
        sealed = AESGCM(key).encrypt(NONCE[:4] + struct.pack(">Q", i // chunk), plain[i : i + chunk], None)
        out += struct.pack(">I", len(sealed)) + sealed
    return out


def write(name, data):
    with open(os.path.join(here, name), "wb") as f:
        f.write(data)


plain = b"PGDMP" + bytes(range(256)) + b"-- a backup in the custom format would be here\n" * 4
name = "shop-20261127-030000-" + ID
write("plain.dump", plain)
write("secret.key", SECRET)
write(name, encrypt(plain))
write(name + ".metadata", json.dumps({"backupId": ID, "encryptionSalt": base64.b64encode(SALT).decode(), "encryptionIV": base64.b64encode(NONCE).decode(), "encryption": "ENCRYPTED"}).encode())
# Chunks of 64 bytes keep the file small. Databasus accepts them, but writes 1 MiB.
write("chunks.enc", encrypt(plain, chunk=64))
# A secret.key that someone edited: Databasus uses its line end too.
write("edited.enc", encrypt(plain, SECRET + b"\n"))
write("headeronly.enc", encrypt(b""))
# The digest of a backup of three chunks of the real size, which is too large to store.
large = (b"0123456789abcdef" * 65536) * 2 + b"the end"
print("large:", hashlib.sha256(encrypt(large)).hexdigest())
