// The door of api.
