package work

func onVolume(string) bool { return false }
