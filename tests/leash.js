// Loaded into a server under test, which thereby ends with whoever started it, even by `kill -9`: the other
// end of its standard input is closed then.
process.stdin.on('close', () => process.kill(process.pid, 'SIGTERM'));
process.stdin.resume();
if ('unref' in process.stdin) process.stdin.unref();
