// Lets a process of Node.js live at the date that sqs-contract gives it: required first, by
// NODE_OPTIONS. The date goes on as the real one does, moved by an offset in a file.
"use strict";
const fs = require("fs");

const file = process.env.SQS_CONTRACT_CLOCK;
if (file) {
  const descriptor = fs.openSync(file, "r+");
  const bytes = Buffer.alloc(8);
  const RealDate = Date;
  const realNow = RealDate.now;
  const now = () => {
    fs.readSync(descriptor, bytes, 0, 8, 0);
    return realNow() + Number(bytes.readBigInt64LE(0) / 1000n);
  };
  const MovedDate = new Proxy(RealDate, {
    apply: () => new RealDate(now()).toString(),
    construct: (target, given, made) =>
      Reflect.construct(target, given.length ? given : [now()], made === MovedDate ? target : made),
    get: (target, name) => (name === "now" ? now : Reflect.get(target, name)),
  });
  globalThis.Date = MovedDate;
  fs.writeSync(descriptor, Buffer.from([1]), 0, 1, 8);  // from now on we live by it
}
