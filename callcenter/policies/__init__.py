"""The regulations as data, one TOML file each."""
