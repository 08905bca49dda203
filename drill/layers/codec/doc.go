// Package codec decompresses backups: gzip, zstd, xz, lz4 and bzip2, each with several
// streams behind one another.
//
// [Detect] names the compression of a stream, and [Open] returns the reader that removes
// it. xz and bzip2 are decoded by the machine's programs if they are installed, because
// these are several times as fast as the libraries. Whichever decodes, a framing follows
// the structure of the compressed bytes. It decides where the last stream ends, whether
// the source was cut, and what the bytes behind the end mean, so that a verdict never
// depends on what is installed.
package codec
