// Name resolution of a test's Node process, as /etc/hosts would do it: TEST_RESOLVE is "name=address:port".
const net = require("net");

const [name, where] = process.env.TEST_RESOLVE.split("=");
const [host, port] = where.split(":");
const connect = net.Socket.prototype.connect;

net.Socket.prototype.connect = function (...given) {
  // net.connect hands over its arguments as one array.
  const options = Array.isArray(given[0]) ? given[0][0] : given[0];
  if (options && options.host === name) Object.assign(options, { host, port: Number(port) });
  return connect.apply(this, given);
};
