"""SQL, one module a subject. Functions take the connection of the caller's transaction first."""
