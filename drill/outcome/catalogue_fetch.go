package outcome

// fetchCodes can be found while the backup is downloaded and decoded.
var fetchCodes = []Entry{
	{
		Code: BackupArchived, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause: "The object is in an archive storage class and must be restored there before it can be read. The store lists it, but answers a read with " +
			"InvalidObjectState.",
		Remedy: "restore the object from the archive, and keep the newest backup in a storage class that can be read at once",
		Example: Example{
			Case:    "A lifecycle rule of the bucket moves backups to an archive on their first day.",
			Message: "read s3://acme-backups/shop.dump: it is archived (storage class GLACIER) and cannot be read before it is thawed",
		},
		Messages: []string{"InvalidObjectState: The operation is not valid for the object's storage class"},
		Neighbours: []Neighbour{
			{SourceDenied, "the store refuses because a permission is missing"},
		},
	},
	{
		Code: BackupChanged, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause: "The backup was replaced, removed or written to while it was being read. An object must keep the ETag that was listed, and a file its size and time, " +
			"because halves of two backups are not a backup.",
		Remedy: "run the drill again when no backup is being written",
		Example: Example{
			Case:    "The job writes directly to the final name, and the drill started before it had finished.",
			Message: "/srv/shop/backups/shop.dump was being written while it was read: 3.1 MiB when it was listed, 4.5 MiB now",
		},
		Messages: []string{"PreconditionFailed: At least one of the pre-conditions you specified did not hold"},
		Neighbours: []Neighbour{
			{ChecksumMismatch, "the backup did not change, but does not match the checksum in its sidecar file"},
			{DumpTruncated, "the backup did not change, but its end is missing"},
		},
	},
	{
		Code: ChecksumMismatch, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause: "The bytes of the backup do not match the checksum in its sidecar file NAME.sha256. The checksum is compared first, so no other consequence of the " +
			"wrong bytes is reported.",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case: "The file was damaged after sha256sum had run.",
			Message: "file:///srv/shop/backups/shop.dump has sha256 dc6939bf6dde27af688096e0dc4056e59253b82455f2d4948154c65b6e675714, " +
				"but its sidecar file states 2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae",
		},
		Neighbours: []Neighbour{
			{StreamCorrupt, "the checksum inside the gzip or zstd stream does not match"},
			{BackupChanged, "the backup was replaced while it was being read"},
		},
	},
	{
		Code: StreamTruncated, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause: "A compressed stream ends early. The file ends before its gzip or zstd stream does. A shell pipeline into psql would restore what came before, commit " +
			"it and exit with 0.",
		Remedy: "check the upload and the free space of the machine that makes the backup",
		Example: Example{
			Case:    "The upload of shop.sql.gz stopped after half of the bytes.",
			Message: "decode gzip: the stream ends early",
		},
		Messages: []string{"unexpected end of file"},
		Neighbours: []Neighbour{
			{StreamCorrupt, "the stream is complete but its checksum does not match, or the bytes are not such a stream"},
			{DumpTruncated, "the compressed stream is complete, but the dump in it is not"},
			{BackupEmpty, "the stream is complete and contains nothing"},
		},
	},
	{
		Code: StreamCorrupt, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "A compressed stream is damaged. Its checksum does not match the decoded bytes, or the bytes cannot be decoded at all.",
		Remedy: "treat this backup as damaged: drill an older one with --backup, and check the storage",
		Example: Example{
			Case:    "A bit flipped in a plain dump that is compressed with gzip.",
			Message: "decode gzip: gzip: invalid checksum",
		},
		Messages: []string{"invalid compressed data--crc error", "invalid compressed data--format violated"},
		Neighbours: []Neighbour{
			{StreamTruncated, "the file ends before the stream does"},
			{DumpCorrupt, "the damage is in the blocks of a custom archive, or in the text of a dump"},
			{ChecksumMismatch, "the backup has a sidecar file with a checksum, which is compared first"},
		},
	},
	{
		Code: KeyMissing, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause: "The backup is encrypted, and the config has no key for it, or a key file cannot be read. drillgres reads age, OpenPGP, openssl enc, Databasus and AES in zip archives; " +
			"openssl smime, rclone crypt, sops, Ansible Vault, AES Crypt and ZipCrypto must be decrypted before the drill. In a disaster without the key, the backup would be lost.",
		Remedy: "add the key to backup.keys, by a file or an environment variable",
		Example: Example{
			Case:    "The job runs pg_dump shop | age -r … > shop.dump.age, and the config has no keys.",
			Message: "the backup is encrypted with age, and backup.keys has no key for it",
		},
		Messages: []string{"pg_restore: error: input file does not appear to be a valid archive", "gpg: decryption failed: No secret key"},
		Neighbours: []Neighbour{
			{KeyWrong, "the config has keys, and none of them opens the backup"},
			{FormatUnsupported, "the backup is not encrypted, but has a compression or a format that this version does not read"},
			{NotADump, "the kind of file is unknown, as with other ciphers"},
		},
	},
	{
		Code: KeyWrong, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause: "None of the keys in the config opens the backup. It was encrypted for another recipient or with another passphrase. In a disaster with only these keys, the backup would be lost. " +
			"The failure is the backup's (exit code 3) if backup.keys_required is set.",
		Remedy: "add the key for which the job encrypts to backup.keys, or correct the job's recipient",
		Example: Example{
			Case:    "The job's recipient was changed, and the drill has the old key.",
			Message: "none of the keys in backup.keys opens the backup, which is encrypted with age",
		},
		Messages: []string{"no identity matched any of the recipients", "gpg: decryption failed: Bad session key", "bad decrypt"},
		Neighbours: []Neighbour{
			{KeyMissing, "the config has no key of that kind at all"},
			{StreamCorrupt, "the key is right and the data behind it is damaged"},
		},
	},
	{
		Code: CommandFailed, Class: ClassEnvironment, Stages: []Stage{Fetch},
		Cause: "The program of backup.command could not be started, ended with another exit status than 0, or was killed. What it wrote until then is not a whole backup, so nothing is " +
			"known about the backup.",
		Remedy: "run the command by hand, as the user who runs drillgres and with the same environment",
		Example: Example{
			Case:    "The command is restic dump, and the password of the repository is wrong.",
			Message: "restic ended with exit status 12; its last messages: Fatal: wrong password or no key found",
		},
		Messages: []string{"Fatal: wrong password or no key found", "Fatal: repository does not exist"},
		Neighbours: []Neighbour{
			{DumpTruncated, "the program ended with exit status 0, and the dump that it wrote ends early"},
			{SourceUnreachable, "the backup is read by drillgres itself, and the source does not answer"},
		},
	},
	{
		Code: MemberMissing, Class: ClassBackup, Stages: []Stage{Fetch},
		Cause:  "The backup is a tar or zip archive, and no member of it is a dump, or none matches backup.member. The job packed its files without the dump, or an empty folder.",
		Remedy: "find out why the backup job packs no dump, or correct backup.member",
		Example: Example{
			Case:    "The job packs the folder uploads and forgets the dump beside it.",
			Message: "no member of the tar archive is a dump: it has 2 files",
		},
		Neighbours: []Neighbour{
			{MemberAmbiguous, "several members can be the dump"},
			{FormatUnsupported, "the members are those of a physical backup"},
		},
	},
	{
		Code: MemberAmbiguous, Class: ClassUsage, Stages: []Stage{Fetch},
		Cause:  "The backup is a tar or zip archive, and several of its members can be the dump.",
		Remedy: "set backup.member to the one that is to be drilled",
		Example: Example{
			Case:    "A tar archive has the dumps of two databases.",
			Message: "several members of the tar archive can be the dump: ci.sql, main.sql",
		},
		Neighbours: []Neighbour{
			{MemberMissing, "no member can be the dump"},
		},
	},
	{
		Code: DiskBudgetExceeded, Class: ClassEnvironment, Stages: []Stage{Fetch, Restore},
		Cause:  "The backup does not fit in the work directory or exceeds its limit. Its stored or decoded size is larger than work.limit or than the free space.",
		Remedy: "free space in the work directory, move it with work.dir, or raise work.limit",
		Example: Example{
			Case:    "64 KiB of gzip decode to 64 MiB, and work.limit is 1MiB.",
			Message: "decode backup: it decodes to more than 1048576 bytes",
		},
		Neighbours: []Neighbour{
			{SandboxDiskFull, "the restored database fills the container engine's disk"},
		},
	},
}
