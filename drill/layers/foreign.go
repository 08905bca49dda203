package layers

// foreignFiles holds the beginnings of files of other programs.
var foreignFiles = [][2]string{
	{"SQLite format 3\x00", "an SQLite database"},
	{"\x7fELF", "a program"},
	{"MZ\x90", "a program"},
	{"\xca\xfe\xba\xbe", "a program"},
	{"%PDF-", "a PDF"},
	{"\x89PNG\r\n", "an image"},
	{"GIF8", "an image"},
	{"\xff\xd8\xff", "an image"},
	{"\x6d\xe2\x99\x81", "an archive of mongodump"},
	{"REDIS0", "a dump of Redis"},
	{"TAPE\x00\x00", "a backup of SQL Server"},
	{"\x03\x00\x01EXPORT:V", "an export of Oracle"},
	{"XBSTCK01", "a backup of MySQL by XtraBackup"},
	{"PAR1", "a Parquet file"},
	{"ORC\x08", "an ORC file"},
	{"Obj\x01", "an Avro file"},
}

// ForeignOf returns what the file of another program is, or an empty string.
func ForeignOf(head []byte) string { return NameOf(head, foreignFiles) }
