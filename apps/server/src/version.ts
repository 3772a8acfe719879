// The product's version, as `user-agent` and the health page show it; a test holds it equal to package.json's.
export const version = "0.1.0";
