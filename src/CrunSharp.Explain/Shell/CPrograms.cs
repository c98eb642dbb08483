namespace CrunSharp.Explain;

/// <summary>What no program of the distribution does, each in at most 30 lines of C.</summary>
internal static class CPrograms
{
    private const string InitDeclaration = "void stay_as_init(void);\n";
    private const string InitCall = "  stay_as_init();\n";

    /// <summary>The last link: into the root, the filter, and the container's program.</summary>
    public static string Enter(bool init) =>
        $$"""
        /* enter ROOT FILTER DIRECTORY PROGRAM [ARGUMENT...]: after pivot_root no program of the host can be found. */
        #include <err.h>
        #include <errno.h>
        #include <fcntl.h>
        #include <linux/capability.h>
        #include <linux/filter.h>
        #include <linux/seccomp.h>
        #include <sys/mount.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        {{(init ? InitDeclaration : "")}}int main(int count, char **words)
        {
          static struct sock_filter code[BPF_MAXINSNS];
          static struct __user_cap_data_struct sets[2];
          struct __user_cap_header_struct header = {_LINUX_CAPABILITY_VERSION_3, 0};
          struct sock_fprog filter = {0, code};
          int host = open("/", O_RDONLY), file = count > 4 ? open(words[2], O_RDONLY) : -1;
          filter.len = (unsigned short)(read(file, code, sizeof code) / (long)sizeof *code);
          if (file < 0 || chdir(words[1]) < 0 || syscall(SYS_pivot_root, ".", ".") < 0 || fchdir(host) < 0 || umount2(".", MNT_DETACH) < 0)
            err(125, "enter the root"); /* "." twice lays the host's root on top of the new one: it is unmounted from there */
          if (chdir("/") < 0 || chdir(words[3]) < 0 || syscall(SYS_capget, &header, sets) < 0 || syscall(SYS_close_range, 3, ~0U, 4) < 0)
            err(125, "go to %s", words[3]);
          sets[0].inheritable = (unsigned)INHERITABLE, sets[1].inheritable = (unsigned)(INHERITABLE >> 32);
          if (syscall(SYS_capset, &header, sets) < 0 || (filter.len > 0 && syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, FLAGS, &filter) < 0))
            err(125, "give up what was lent, install the filter");
        {{(init ? InitCall : "")}}  execvp(words[4], words + 4);
          err(errno == ENOENT ? 127 : 126, "execute %s", words[4]);
        }
        """;

    public const string Init =
        """
        /* Process 1: the program is its child. Hands signals on, takes in orphans, ends as the program does. */
        #include <signal.h>
        #include <sys/wait.h>
        #include <unistd.h>
        void stay_as_init(void);
        static pid_t program;
        static void hand_on(int number)
        {
          kill(program, number);
        }
        void stay_as_init(void)
        {
          int status = 0;
          if ((program = fork()) == 0)
            return;
          for (int number = 1; number < 32; number++)
            if (number != SIGCHLD)
              signal(number, hand_on);
          while (wait(&status) != program)
            ;
          _exit(WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
        }
        """;

    public const string Keyring =
        """
        /* keyring NAME PROGRAM [ARGUMENT...]: executes the program in a new session keyring. */
        #include <err.h>
        #include <linux/keyctl.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **words)
        {
          if (count < 3 || syscall(SYS_keyctl, KEYCTL_JOIN_SESSION_KEYRING, words[1]) < 0)
            warn("no new session keyring");
          execvp(words[2], words + 2);
          err(127, "execute %s", words[2]);
        }
        """;

    public const string Devices =
        """
        /* devices PROGRAM CGROUP: has the kernel ask this eBPF program at each open and mknod of a device. */
        #include <err.h>
        #include <fcntl.h>
        #include <linux/bpf.h>
        #include <stdint.h>
        #include <sys/syscall.h>
        #include <unistd.h>
        int main(int count, char **words)
        {
          static struct bpf_insn code[4096];
          int file = count == 3 ? open(words[1], O_RDONLY) : -1, cgroup = count == 3 ? open(words[2], O_DIRECTORY) : -1;
          union bpf_attr load = {.prog_type = BPF_PROG_TYPE_CGROUP_DEVICE}, attach = {.attach_type = BPF_CGROUP_DEVICE};
          load.insns = (uintptr_t)code;
          load.insn_cnt = (uint32_t)(read(file, code, sizeof code) / (long)sizeof *code);
          load.license = (uintptr_t)"";
          attach.target_fd = (uint32_t)cgroup;
          attach.attach_bpf_fd = (uint32_t)syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof load);
          attach.attach_flags = BPF_F_ALLOW_MULTI;
          if (syscall(SYS_bpf, BPF_PROG_ATTACH, &attach, sizeof attach) < 0)
            err(1, "attach the rules for devices");
        }
        """;
}
