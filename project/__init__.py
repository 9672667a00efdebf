"""The project around the app: settings, the development PostgreSQL, the demonstration."""
