"""The long runs: requests, files and hours of load that Trintena must stand. Each is a command."""
