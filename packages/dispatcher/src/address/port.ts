// Which ports a receiver on the public internet may have.

/** The Fetch standard's bad ports from 1024 up; those below are refused already (https://fetch.spec.whatwg.org/#port-blocking). */
const badPorts = [
  1719, 1720, 1723, 2049, 3659, 4045, 4190, 5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697,
  10_080,
];

/** Back ends that speak no HTTP, or that must never be reached through a callback. */
const backEndPorts = [
  1433, 1521, 2375, 2376, 2379, 2380, 3306, 3389, 4369, 5432, 5672, 5900, 5984, 6379, 6443, 6380, 7001, 8086,
  8500, 9042, 9092, 9200, 9300, 10_250, 10_255, 11_211, 15_672, 25_565, 26_257, 27_017, 27_018, 27_019,
  50_000,
];

const refused = new Set([...badPorts, ...backEndPorts]);

/** 443, 80, and everything from 1024 up that is neither a bad port nor a well-known back end. */
export function isReceiverPort(port: number): boolean {
  return port === 443 || port === 80 || (port >= 1_024 && !refused.has(port));
}
