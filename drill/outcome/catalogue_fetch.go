package outcome

// fetchCodes can be found once the bytes are brought and decoded.
var fetchCodes = []Entry{
	{
		Code: BackupArchived, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "The object lies in a storage class that must be thawed before it can be read. The store lists it, and answers a read with InvalidObjectState.",
		Remedy: "thaw the object, and keep the newest backup in a class that can be read at once",
		Example: Example{
			Case:    "A lifecycle rule of the bucket moves backups to an archive on their first day.",
			Message: "read s3://acme-backups/shop.dump: it is archived (storage class GLACIER) and cannot be read before it is thawed",
		},
		Messages: []string{"InvalidObjectState: The operation is not valid for the object's storage class"},
		Neighbours: []Neighbour{
			{SourceDenied, "the store refuses for want of a permission"},
		},
	},
	{
		Code: BackupChanged, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause: "The backup was replaced, removed or written on while it was read. An object must keep the ETag that was listed, a file its size and time: " +
			"the halves of two backups make none.",
		Remedy: "run the drill again when no backup is being written",
		Example: Example{
			Case:    "The job writes straight to its final name, and the drill came while it did.",
			Message: "/srv/shop/backups/shop.dump was being written while it was read: 3.1 MiB when it was listed, 4.5 MiB now",
		},
		Messages: []string{"PreconditionFailed: At least one of the pre-conditions you specified did not hold"},
		Neighbours: []Neighbour{
			{ChecksumMismatch, "the backup stayed the same, and differs from the checksum beside it"},
			{DumpTruncated, "the backup stayed the same, and has no end"},
		},
	},
	{
		Code: ChecksumMismatch, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause: "The bytes differ from the checksum stored beside them. The sum is the sha256 in NAME.sha256; it is judged before whatever else the wrong bytes lead to.",

		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case: "The file was damaged after sha256sum had summed it.",
			Message: "file:///srv/shop/backups/shop.dump has sha256 dc6939bf6dde27af688096e0dc4056e59253b82455f2d4948154c65b6e675714, " +
				"but its sidecar file states 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		},
		Neighbours: []Neighbour{
			{StreamCorrupt, "it is the check within the gzip or zstd that does not hold"},
			{BackupChanged, "the backup became another one while it was read"},
		},
	},
	{
		Code: StreamTruncated, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause: "A compressed stream ends early. The file ends where its gzip or zstd does not; all of it is decoded once on the way, and the decoder's last error counts. " +
			"In a shell's pipe psql commits what came before, and exits 0.",
		Remedy: "check the upload and the free space of the machine that makes the backup",
		Example: Example{
			Case:    "The upload of shop.sql.gz broke off after half of the bytes.",
			Message: "decode gzip: the stream ends early",
		},
		Messages: []string{"unexpected end of file"},
		Neighbours: []Neighbour{
			{StreamCorrupt, "the stream is read to its end, and fails its check, or what stands there is no such stream"},
			{DumpTruncated, "what is compressed is whole, or nothing is, and the dump itself has no end"},
			{BackupEmpty, "the stream is whole, and holds nothing"},
		},
	},
	{
		Code: StreamCorrupt, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "A compressed stream fails its own check. Its checksum does not fit what was decoded, or its bytes do not decode at all.",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case:    "A bit was flipped in a plain dump that is wrapped in gzip.",
			Message: "decode gzip: gzip: invalid checksum",
		},
		Messages: []string{"invalid compressed data--crc error", "invalid compressed data--format violated"},
		Neighbours: []Neighbour{
			{StreamTruncated, "the file ends before the stream does"},
			{DumpCorrupt, "the damage is in a custom archive's own blocks, or in the text of a dump"},
			{ChecksumMismatch, "there is a checksum beside the backup, and it tells the same first"},
		},
	},
	{
		Code: KeyMissing, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause:  "The backup is encrypted and the drill has no key for it. Its first bytes are those of age, OpenPGP or openssl enc.",
		Remedy: "drill a copy that is decrypted beforehand: this version reads no encrypted backups",
		Example: Example{
			Case:    "The job runs pg_dump shop | age -r … > shop.dump.age.",
			Message: "the backup is encrypted with age",
		},
		Messages: []string{"pg_restore: error: input file does not appear to be a valid archive"},
		Neighbours: []Neighbour{
			{FormatUnsupported, "it is compressed or made in a way that this version does not read, and not encrypted"},
			{NotADump, "it is of no kind that is known: so are files of other ciphers"},
		},
	},
	{
		Code: DiskBudgetExceeded, Class: ClassEnvironment, Stages: []Stage{Fetch, Restore},
		Cause: "More bytes than the work directory or its limit holds. The backup has, or decodes to, more than work.limit, or more than there is free space; " +
			"or the directory cannot be written.",
		Remedy: "free space in the work directory, move it with work.dir, or raise work.limit",
		Example: Example{
			Case:    "64 KiB of gzip decode to 64 MiB, and work.limit is 1MiB.",
			Message: "decode backup: it decodes to more than 1048576 bytes",
		},
		Neighbours: []Neighbour{
			{SandboxDiskFull, "it is the container engine's disk that the restored database fills"},
		},
	},
}
