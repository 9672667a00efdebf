"""Pictures: server-side SVG that no page needs in order to be understood. A table says the same."""
