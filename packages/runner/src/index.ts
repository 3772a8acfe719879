// The door of runner.
