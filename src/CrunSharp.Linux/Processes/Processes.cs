using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Linux;

/// <summary>How a process ended.</summary>
public readonly record struct ProcessEnd(int ExitCode, int Signal)
{
    /// <summary>As shells say it: the program's own code, or 128 and the signal.</summary>
    public int Status => Signal == 0 ? ExitCode : 128 + Signal;
}

/// <summary>Calls about processes.</summary>
public static unsafe partial class Processes
{
    private const int P_PID = 1;
    private const int CLD_EXITED = 1;
    private const int WEXITED = 4;

    public static int Own => Environment.ProcessId;

    /// <summary>The effective user: 0 may do what a container needs, or is root of a user namespace.</summary>
    public static uint EffectiveUser => geteuid();

    public static uint EffectiveGroup => getegid();

    /// <summary>Names a process for good; null when there is none of this number.</summary>
    /// <remarks>
    /// Linux 5.3. Where a sandbox hides the call, the process's directory in /proc: it can be signalled as well, but
    /// does not tell of the end: who waits for it has to look for itself.
    /// </remarks>
    public static SafeFileHandle? TryOpen(int pid)
    {
        int fd = (int)syscall(SYS_pidfd_open, pid, 0, 0, 0);
        if (fd >= 0)
        {
            return new SafeFileHandle(fd, ownsHandle: true);
        }

        int errno = Marshal.GetLastPInvokeError();
        if (errno == LibC.ENOSYS)
        {
            return Descriptors.TryOpen($"/proc/{pid}", LibC.O_RDONLY | LibC.O_DIRECTORY);
        }

        return errno == LibC.ESRCH ? null : throw new LinuxException(errno, $"pidfd_open({pid})");
    }

    /// <summary>Signals the process that the descriptor names; false when it has ended.</summary>
    public static bool Signal(SafeFileHandle process, int signal)
    {
        if (syscall(SYS_pidfd_send_signal, process.DangerousGetHandle(), signal, 0, 0) == 0)
        {
            GC.KeepAlive(process);
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.ESRCH ? false : throw new LinuxException(errno, $"pidfd_send_signal({signal})");
    }

    /// <summary>Signals by number; false when there is no such process.</summary>
    public static bool Signal(int pid, int signal)
    {
        if (kill(pid, signal) == 0)
        {
            return true;
        }

        int errno = Marshal.GetLastPInvokeError();
        return errno == LibC.ESRCH ? false : throw new LinuxException(errno, $"kill({pid}, {signal})");
    }

    /// <summary>Waits for a child and takes its status, so that no zombie stays.</summary>
    public static ProcessEnd Wait(int pid)
    {
        int* information = stackalloc int[32];
        while (waitid(P_PID, (uint)pid, information, WEXITED) < 0)
        {
            int errno = Marshal.GetLastPInvokeError();
            if (errno != LibC.EINTR)
            {
                throw new LinuxException(errno, $"waitid({pid})");
            }
        }

        // siginfo_t of a child: signo, errno, code, padding, pid, uid, status.
        int code = information[2];
        int status = information[6];
        return code == CLD_EXITED ? new ProcessEnd(status, 0) : new ProcessEnd(0, status);
    }

    /// <summary>From now on what is typed at the terminal ends the programs in it, and not this process.</summary>
    /// <remarks>Without .NET's own handlers: they would be woken by every stop of a process that is followed.</remarks>
    public static void IgnoreTerminalSignals()
    {
        const int SIGINT = 2, SIGQUIT = 3;
        signal(SIGINT, Ignored);
        signal(SIGQUIT, Ignored);
    }

    /// <summary>Orphans of this process's descendants become its children.</summary>
    public static void BecomeSubreaper()
    {
        if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) < 0)
        {
            throw Answer.Refused("prctl(PR_SET_CHILD_SUBREAPER)");
        }
    }

    /// <summary>The capabilities that this process could ever hold, and the highest that the kernel knows.</summary>
    public static ulong BoundingCapabilities(out int last)
    {
        ulong bounding = 0;
        for (last = 0; last < 64; last++)
        {
            int held = prctl(PR_CAPBSET_READ, (nuint)last, 0, 0, 0);
            if (held < 0)
            {
                break;
            }

            bounding |= (ulong)held << last;
        }

        last--;
        return bounding;
    }

    private const int PR_CAPBSET_READ = 23;
    private const int PR_SET_CHILD_SUBREAPER = 36;
    private const int SYS_pidfd_send_signal = 424;
    private const int SYS_pidfd_open = 434;

    private const nint Ignored = 1;

    [LibraryImport("libc")]
    private static partial nint signal(int number, nint handler);

    [LibraryImport("libc")]
    private static partial uint geteuid();

    [LibraryImport("libc")]
    private static partial uint getegid();

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint syscall(nint number, nint a, nint b, nint c, nint d);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int kill(int pid, int signal);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitid(int kind, uint id, int* information, int options);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);
}
