package opensslenc

import (
	"bytes"
	"crypto/aes"
	"crypto/cipher"
	"crypto/des" // what -des-ede3-cbc asks for
)

// cipherSpec is a cipher of openssl enc.
type cipherSpec struct {
	name      string
	keySize   int // bytes
	blockSize int // bytes, also of the initialisation vector
	stream    bool
	block     func(key []byte) (cipher.Block, error)
}

// least returns the size of the smallest ciphertext that holds data.
func (c cipherSpec) least() int {
	if c.stream {
		return 1
	}
	return c.blockSize
}

var ciphers = []cipherSpec{
	{"aes-128-cbc", 16, aes.BlockSize, false, aes.NewCipher},
	{"aes-192-cbc", 24, aes.BlockSize, false, aes.NewCipher},
	{"aes-256-cbc", 32, aes.BlockSize, false, aes.NewCipher},
	{"aes-128-ctr", 16, aes.BlockSize, true, aes.NewCipher},
	{"aes-192-ctr", 24, aes.BlockSize, true, aes.NewCipher},
	{"aes-256-ctr", 32, aes.BlockSize, true, aes.NewCipher},
	{"des-ede3-cbc", 24, des.BlockSize, false, des.NewTripleDESCipher},
}

// cipherAliases are OpenSSL's own other names.
var cipherAliases = map[string]string{
	"aes128": "aes-128-cbc", "aes192": "aes-192-cbc", "aes256": "aes-256-cbc", "des3": "des-ede3-cbc",
}

// decryption decrypts a file with one derived key.
type decryption struct {
	key    *Key
	digest digest
	block  cipher.Block
	iv     []byte
}

func newDecryption(k *Key, d digest, salt []byte) (*decryption, error) {
	key, iv, err := k.derive(d, salt)
	if err != nil {
		return nil, err
	}
	block, err := k.cipher.block(key)
	if err != nil {
		return nil, err
	}
	return &decryption{k, d, block, iv}, nil
}

func (d *decryption) stream() cipher.Stream    { return cipher.NewCTR(d.block, d.iv) }
func (d *decryption) blocks() cipher.BlockMode { return cipher.NewCBCDecrypter(d.block, d.iv) }

// head returns the plaintext of the first bytes of the ciphertext. If they are the whole
// file, a valid padding is removed; sure reports that the padding fills a block of its own,
// which a wrong key never decrypts to.
func (d *decryption) head(ciphertext []byte, whole bool) (plain []byte, sure bool) {
	if d.key.cipher.stream {
		plain = make([]byte, len(ciphertext))
		d.stream().XORKeyStream(plain, ciphertext)
		return plain, false
	}
	size := d.block.BlockSize()
	plain = make([]byte, len(ciphertext)/size*size)
	d.blocks().CryptBlocks(plain, ciphertext[:len(plain)])
	if !whole || len(plain) != len(ciphertext) {
		return plain, false
	}
	unpadded, ok := unpad(plain, size)
	return unpadded, ok && len(plain) == size && len(unpadded) == 0
}

// unpad returns the plaintext without its padding of 1 to size bytes, each of which is
// their number. Without a valid padding it returns the plaintext.
func unpad(plain []byte, size int) ([]byte, bool) {
	if len(plain) == 0 {
		return plain, false
	}
	n := int(plain[len(plain)-1])
	if n == 0 || n > size || n > len(plain) {
		return plain, false
	}
	body, padding := plain[:len(plain)-n], plain[len(plain)-n:]
	if !bytes.Equal(padding, bytes.Repeat(padding[:1], n)) {
		return plain, false
	}
	return body, true
}
