// Mocks every API whose description is named, each at an address of its own, in
// one process: what takes long is to load the mock server.
const {
  createSingleProcessPrism,
} = require("@stoplight/prism-cli/dist/util/createServer");

const SAME_FOR_ALL = {
  cors: true,
  dynamic: false,
  errors: false,
  host: "127.0.0.1",
  ignoreExamples: false,
  port: 0,
  seed: null,
  verboseLevel: "info",
};

const start = async () => {
  for (const document of process.argv.slice(2))
    await createSingleProcessPrism({ ...SAME_FOR_ALL, document });
};

start();
