"""Refuses calls to Linux that what decodes pictures never needs, for good and for all its threads.

Landlock (`sandbox.py`) does not know them: it watches the opening, making and removing of files, no
more. Names and numbers are the kernel's.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from collections.abc import Generator

# From linux/seccomp.h and linux/bpf_common.h.
_SET_SECCOMP, _FILTER_MODE = 22, 2
_LOAD, _JUMP_EQUAL, _JUMP_AT_LEAST, _JUMP_IF_SET, _RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
_KILL, _ERROR, _ALLOW = 0x80000000, 0x00050000, 0x7FFF0000
_NUMBER, _PROCESSOR, _FIRST_ARGUMENT = 0, 4, 16
_OTHER_NUMBERING = 0x40000000  # of x86-64's second table of calls
_CLONE_THREAD = 0x10000

#: (linux/audit.h's number, the column of its calls below)
_PROCESSORS = {"x86_64": (0xC000003E, 0), "aarch64": (0xC00000B7, 1)}

#: Name, number on x86-64, number on arm64; - where there is no such call.
_REFUSED = """
    socket 41 198  connect 42 203  bind 49 200  listen 50 201  accept 43 202  accept4 288 242

    fork 57 -  vfork 58 -  execve 59 221  execveat 322 281
    kill 62 129  tkill 200 130  rt_sigqueueinfo 129 138  rt_tgsigqueueinfo 297 240
    ptrace 101 117  process_vm_readv 310 270  process_vm_writev 311 271  kcmp 312 272
    migrate_pages 256 238  move_pages 279 239  setpriority 141 140  ioprio_set 251 30
    pidfd_send_signal 424 424  pidfd_open 434 434  pidfd_getfd 438 438
    process_madvise 440 440  process_mrelease 448 448

    chmod 90 -  fchmod 91 52  fchmodat 268 53  fchmodat2 452 452
    chown 92 -  lchown 94 -  fchown 93 55  fchownat 260 54
    utime 132 -  utimes 235 -  futimesat 261 -  utimensat 280 88
    setxattr 188 5  lsetxattr 189 6  fsetxattr 190 7  setxattrat 463 463
    removexattr 197 14  lremovexattr 198 15  fremovexattr 199 16  removexattrat 466 466
    file_setattr 469 469  open_by_handle_at 304 265
    inotify_add_watch 254 27  fanotify_init 300 262

    shmget 29 194  shmat 30 196  shmctl 31 195  semget 64 190  semctl 66 191  semop 65 193
    semtimedop 220 192  msgget 68 186  msgctl 71 187  msgsnd 69 189  msgrcv 70 188
    mq_open 240 180  mq_unlink 241 181

    bpf 321 280  perf_event_open 298 241  userfaultfd 323 282  io_uring_setup 425 425
    add_key 248 217  request_key 249 218  keyctl 250 219
    mount 165 40  umount2 166 39  unshare 272 97  setns 308 268
    open_tree 428 428  move_mount 429 429  fsopen 430 430  mount_setattr 442 442
"""
#: Those that may be asked of this very process, but of no other: the first argument says of which.
_OF_ITSELF = """
    tgkill 234 131  prlimit64 302 261  sched_setparam 142 118  sched_setscheduler 144 119
    sched_setaffinity 203 122  sched_setattr 314 274
"""
#: Makes threads, which are needed, and processes.
_CLONE = "clone 56 220"
#: The same with arguments that no filter can see: said to be unknown, so that `clone` is called.
_CLONE3 = 435

Step = tuple[int, int, int, int]  # what is done, how many to pass by if so and if not, a value
_REFUSAL: Step = (_RETURN, 0, 0, _ERROR | errno.EPERM)


def confine() -> bool:
    """Refuse these calls from now on; tell whether the system can. `no_new_privs` must be set."""
    known = _PROCESSORS.get(platform.machine())
    if known is None or sys.maxsize < 2**32 or sys.byteorder != "little":
        return False
    steps = list(_steps(*known))
    code = ctypes.create_string_buffer(b"".join(struct.pack("=HBBI", *step) for step in steps))
    program = struct.pack("@HP", len(steps), ctypes.addressof(code))
    libc = ctypes.CDLL(None, use_errno=True)
    return libc.prctl(_SET_SECCOMP, _FILTER_MODE, ctypes.c_char_p(program), 0, 0) == 0


def _steps(processor: int, column: int) -> Generator[Step]:
    yield _LOAD, 0, 0, _PROCESSOR
    yield _JUMP_EQUAL, 1, 0, processor
    yield _RETURN, 0, 0, _KILL
    yield _LOAD, 0, 0, _NUMBER
    yield _JUMP_AT_LEAST, 0, 1, _OTHER_NUMBERING
    yield _REFUSAL
    for call in _numbers(_REFUSED, column):
        yield _JUMP_EQUAL, 0, 1, call
        yield _REFUSAL
    yield _JUMP_EQUAL, 0, 1, _CLONE3
    yield _RETURN, 0, 0, _ERROR | errno.ENOSYS
    for call in _numbers(_OF_ITSELF, column):
        yield from _allowed_if(call, (_JUMP_EQUAL, 0), (_JUMP_EQUAL, os.getpid()))
    for call in _numbers(_CLONE, column):
        yield from _allowed_if(call, (_JUMP_IF_SET, _CLONE_THREAD))
    yield _RETURN, 0, 0, _ALLOW


def _allowed_if(call: int, *conditions: tuple[int, int]) -> Generator[Step]:
    """Allow a call if its first argument meets one of some conditions."""
    yield _JUMP_EQUAL, 0, 2 * len(conditions) + 2, call
    yield _LOAD, 0, 0, _FIRST_ARGUMENT
    for jump, value in conditions:
        yield jump, 0, 1, value
        yield _RETURN, 0, 0, _ALLOW
    yield _REFUSAL


def _numbers(calls: str, column: int) -> list[int]:
    words = calls.split()
    return [int(number) for number in words[1 + column :: 3] if number != "-"]
