// chroot and port 53 need root. Who is not root becomes it in a namespace of one's own, with its own loopback.
import {spawnSync} from 'node:child_process';

const marker = 'PORTCULLIS_TEST_IN_NAMESPACE';
// Brings lo up: SIOCGIFFLAGS, SIOCSIFFLAGS with IFF_UP. Every Debian has perl; ip(8) would be one package more.
const loopbackUp = 'use Socket; socket(my $s, AF_INET, SOCK_DGRAM, 0) or die $!; my $r = pack("a16 s x14", "lo", 0); ' +
  'ioctl($s, 0x8913, $r) or die $!; my (undef, $f) = unpack("a16 s", $r); $r = pack("a16 s x14", "lo", $f | 1); ' +
  'ioctl($s, 0x8914, $r) or die $!; exec {$ARGV[0]} @ARGV or die $!;';
const namespace = ['--user', '--map-root-user', '--net', '--', 'perl', '-e', loopbackUp];

/** Returns as root; else this process ends with the exit code of the one that could become it. */
export function becomeRoot() {
  if (process.getuid() === 0) return;
  if (!process.env[marker] && spawnSync('unshare', [...namespace, 'true']).status === 0) {
    const {status} = spawnSync('unshare', [...namespace, process.execPath, ...process.execArgv, process.argv[1]], {stdio: 'inherit', env: {...process.env, [marker]: '1'}});
    process.exit(status ?? 1);
  }
  throw new Error('neither root nor allowed a user namespace of its own (unshare --user): this test cannot run here; run it as root');
}
