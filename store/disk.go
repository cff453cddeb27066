package store

//msgp:ignore Disk

// Disk says what an overwritten block is worth on the file system of DATA.
type Disk struct {
	FileSystem  string `json:"file_system"`   // "ext4"; empty: not known here
	CopyOnWrite bool   `json:"copy_on_write"` // new data goes beside the old
	Flash       bool   `json:"flash"`         // or virtual: where a block really lies is the device's affair
	Encrypted   bool   `json:"encrypted"`     // dm-crypt below it; one that the host does can't be seen
}

// Overwrites: zeros written over a block replace it, as far as can be known here.
func (d Disk) Overwrites() bool { return d.FileSystem != "" && !d.CopyOnWrite && !d.Flash }
