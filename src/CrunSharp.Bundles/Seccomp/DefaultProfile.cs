namespace CrunSharp.Bundles;

/// <summary>The filter that containers get where nothing else is asked for: equal in effect to docker's.</summary>
/// <remarks>github.com/moby/profiles, seccomp/v0.2.3 (Docker Engine 29.5 to 29.7); a test compares what is rendered with it.</remarks>
internal static class DefaultProfile
{
    private const uint NotPermitted = 1, NotImplemented = 38;

    // The flags of clone that make namespaces: CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID and NET.
    private const ulong NewNamespaces = 0x7e020000;

    // A family of sockets between these numbers is let through; 38 is AF_ALG and 40 AF_VSOCK.
    private const ulong Alg = 38, Vsock = 40;

    public static uint DefaultErrno => NotPermitted;

    public static IReadOnlyList<SyscallRule> Rules { get; } =
    [
        new(Harmless),

        // Before 4.8 a tracer could change a call after the filter had seen it.
        new("process_vm_readv process_vm_writev ptrace") { Since = new Version(4, 8) },

        // The kernel's ciphers have been a way out of containers, and virtual machines' sockets reach the host.
        new("socket") { Arguments = [new ArgumentTest(0, "SCMP_CMP_LT", Alg)] },
        new("socket") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", Alg + 1)] },
        new("socket") { Arguments = [new ArgumentTest(0, "SCMP_CMP_GT", Vsock)] },

        // PER_LINUX, PER_LINUX32, both with UNAME26, and the question.
        new("personality") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", 0x0)] },
        new("personality") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", 0x8)] },
        new("personality") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", 0x20000)] },
        new("personality") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", 0x20008)] },
        new("personality") { Arguments = [new ArgumentTest(0, "SCMP_CMP_EQ", 0xffffffff)] },

        new("arm_fadvise64_64 arm_sync_file_range sync_file_range2 breakpoint cacheflush set_tls") { Architectures = ["arm", "arm64"] },
        new("arch_prctl") { Architectures = ["amd64", "x32"] },
        new("modify_ldt") { Architectures = ["amd64", "x32", "x86"] },
        new("riscv_flush_icache") { Architectures = ["riscv64"] },
        new("sync_file_range2 swapcontext") { Architectures = ["ppc64le"] },
        new("s390_pci_mmio_read s390_pci_mmio_write s390_runtime_instr") { Architectures = ["s390", "s390x"] },

        // New namespaces only for those who may make them; clone3 hides its flags from filters, so it is said not to exist.
        new("clone")
        {
            Arguments = [new ArgumentTest(0, "SCMP_CMP_MASKED_EQ", NewNamespaces)],
            WithoutCapabilities = ["CAP_SYS_ADMIN"],
            NotArchitectures = ["s390", "s390x"],
        },
        new("clone")
        {
            Arguments = [new ArgumentTest(1, "SCMP_CMP_MASKED_EQ", NewNamespaces)],
            WithoutCapabilities = ["CAP_SYS_ADMIN"],
            Architectures = ["s390", "s390x"],
        },
        new("clone3") { Action = "SCMP_ACT_ERRNO", Errno = NotImplemented, WithoutCapabilities = ["CAP_SYS_ADMIN"] },

        new("open_by_handle_at") { Capabilities = ["CAP_DAC_READ_SEARCH"] },
        new("""
            bpf clone clone3 fanotify_init fsconfig fsmount fsopen fspick lookup_dcookie lsm_get_self_attr
            lsm_list_modules lsm_set_self_attr mount mount_setattr move_mount open_tree perf_event_open quotactl
            quotactl_fd setdomainname sethostname setns syslog umount umount2 unshare
            """) { Capabilities = ["CAP_SYS_ADMIN"] },
        new("reboot") { Capabilities = ["CAP_SYS_BOOT"] },
        new("chroot") { Capabilities = ["CAP_SYS_CHROOT"] },
        new("delete_module init_module finit_module") { Capabilities = ["CAP_SYS_MODULE"] },
        new("acct") { Capabilities = ["CAP_SYS_PACCT"] },
        new("kcmp pidfd_getfd process_madvise process_vm_readv process_vm_writev ptrace") { Capabilities = ["CAP_SYS_PTRACE"] },
        new("iopl ioperm") { Capabilities = ["CAP_SYS_RAWIO"] },
        new("settimeofday stime clock_settime clock_settime64") { Capabilities = ["CAP_SYS_TIME"] },
        new("vhangup") { Capabilities = ["CAP_SYS_TTY_CONFIG"] },
        new("get_mempolicy mbind set_mempolicy set_mempolicy_home_node") { Capabilities = ["CAP_SYS_NICE"] },
        new("syslog") { Capabilities = ["CAP_SYSLOG"] },
        new("bpf") { Capabilities = ["CAP_BPF"] },
        new("perf_event_open") { Capabilities = ["CAP_PERFMON"] },
    ];

    // Calls that a container may make whatever it is: those of 32-bit programs are among them.
    private const string Harmless =
        """
        accept accept4 access adjtimex alarm bind brk cachestat capget capset chdir chmod chown chown32 clock_adjtime
        clock_adjtime64 clock_getres clock_getres_time64 clock_gettime clock_gettime64 clock_nanosleep clock_nanosleep_time64
        close close_range connect copy_file_range creat dup dup2 dup3 epoll_create epoll_create1 epoll_ctl epoll_ctl_old
        epoll_pwait epoll_pwait2 epoll_wait epoll_wait_old eventfd eventfd2 execve execveat exit exit_group faccessat
        faccessat2 fadvise64 fadvise64_64 fallocate fanotify_mark fchdir fchmod fchmodat fchmodat2 fchown fchown32 fchownat
        fcntl fcntl64 fdatasync fgetxattr flistxattr flock fork fremovexattr fsetxattr fstat fstat64 fstatat64 fstatfs
        fstatfs64 fsync ftruncate ftruncate64 futex futex_requeue futex_time64 futex_wait futex_waitv futex_wake futimesat
        getcpu getcwd getdents getdents64 getegid getegid32 geteuid geteuid32 getgid getgid32 getgroups getgroups32 getitimer
        getpeername getpgid getpgrp getpid getppid getpriority getrandom getresgid getresgid32 getresuid getresuid32 getrlimit
        get_robust_list getrusage getsid getsockname getsockopt get_thread_area gettid gettimeofday getuid getuid32 getxattr
        getxattrat inotify_add_watch inotify_init inotify_init1 inotify_rm_watch io_cancel ioctl io_destroy io_getevents
        io_pgetevents io_pgetevents_time64 ioprio_get ioprio_set io_setup io_submit ipc kill landlock_add_rule
        landlock_create_ruleset landlock_restrict_self lchown lchown32 lgetxattr link linkat listen listmount listxattr
        listxattrat llistxattr _llseek lremovexattr lseek lsetxattr lstat lstat64 madvise map_shadow_stack membarrier
        memfd_create memfd_secret mincore mkdir mkdirat mknod mknodat mlock mlock2 mlockall mmap mmap2 mprotect mq_getsetattr
        mq_notify mq_open mq_timedreceive mq_timedreceive_time64 mq_timedsend mq_timedsend_time64 mq_unlink mremap mseal
        msgctl msgget msgrcv msgsnd msync munlock munlockall munmap name_to_handle_at nanosleep newfstatat _newselect open
        openat openat2 pause pidfd_open pidfd_send_signal pipe pipe2 pkey_alloc pkey_free pkey_mprotect poll ppoll
        ppoll_time64 prctl pread64 preadv preadv2 prlimit64 process_mrelease pselect6 pselect6_time64 pwrite64 pwritev
        pwritev2 read readahead readlink readlinkat readv recv recvfrom recvmmsg recvmmsg_time64 recvmsg remap_file_pages
        removexattr removexattrat rename renameat renameat2 restart_syscall riscv_hwprobe rmdir rseq rt_sigaction
        rt_sigpending rt_sigprocmask rt_sigqueueinfo rt_sigreturn rt_sigsuspend rt_sigtimedwait rt_sigtimedwait_time64
        rt_tgsigqueueinfo sched_getaffinity sched_getattr sched_getparam sched_get_priority_max sched_get_priority_min
        sched_getscheduler sched_rr_get_interval sched_rr_get_interval_time64 sched_setaffinity sched_setattr sched_setparam
        sched_setscheduler sched_yield seccomp select semctl semget semop semtimedop semtimedop_time64 send sendfile
        sendfile64 sendmmsg sendmsg sendto setfsgid setfsgid32 setfsuid setfsuid32 setgid setgid32 setgroups setgroups32
        setitimer setpgid setpriority setregid setregid32 setresgid setresgid32 setresuid setresuid32 setreuid setreuid32
        setrlimit set_robust_list setsid setsockopt set_thread_area set_tid_address setuid setuid32 setxattr setxattrat shmat
        shmctl shmdt shmget shutdown sigaltstack signalfd signalfd4 sigprocmask sigreturn socketcall socketpair splice stat
        stat64 statfs statfs64 statmount statx symlink symlinkat sync sync_file_range syncfs sysinfo tee tgkill time
        timer_create timer_delete timer_getoverrun timer_gettime timer_gettime64 timer_settime timer_settime64 timerfd_create
        timerfd_gettime timerfd_gettime64 timerfd_settime timerfd_settime64 times tkill truncate truncate64 ugetrlimit umask
        uname unlink unlinkat uretprobe utime utimensat utimensat_time64 utimes vfork vmsplice wait4 waitid waitpid write
        writev
        """;
}
