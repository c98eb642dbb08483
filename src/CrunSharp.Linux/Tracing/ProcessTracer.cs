using System.Runtime.InteropServices;

namespace CrunSharp.Linux;

/// <summary>Follows a process and all that it starts, call by call.</summary>
/// <remarks>
/// ptrace belongs to a thread: all methods are called on one. Children of other threads of this process are not
/// waited for. When the thread ends, what it follows is killed.
/// </remarks>
public sealed partial class ProcessTracer
{
    private readonly Dictionary<int, TracedThread> _threads = [];

    /// <summary>Begins to follow a process that has one thread.</summary>
    /// <remarks>Needs CAP_SYS_PTRACE over the process. Linux 3.8.</remarks>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public void Seize(int pid)
    {
        if (ptrace(PTRACE_SEIZE, pid, 0, Options) < 0)
        {
            throw Answer.Refused($"ptrace(PTRACE_SEIZE, {pid})");
        }

        _threads[pid] = new TracedThread(pid, pid);

        // A seized process runs on: only from a stop can its calls be followed.
        if (ptrace(PTRACE_INTERRUPT, pid, 0, 0) < 0)
        {
            throw Answer.Refused($"ptrace(PTRACE_INTERRUPT, {pid})");
        }
    }

    /// <summary>Follows until nothing is left to follow.</summary>
    public void Run(ITraceObserver observer)
    {
        while (WaitForAny(out int status) is var id && id > 0)
        {
            if ((status & 0xff) != 0x7f)
            {
                End(observer, id, status);
                continue;
            }

            if (!_threads.TryGetValue(id, out TracedThread? thread))
            {
                // The parent's event, which says whose child it is, comes in its own time.
                thread = new TracedThread(id, ProcessOf(id)) { IsHeld = true };
                _threads[id] = thread;
                continue;
            }

            Stopped(observer, thread, (status >> 8) & 0xff, status >> 16);
        }
    }

    private void Stopped(ITraceObserver observer, TracedThread thread, int signal, int happened)
    {
        if (signal == (SIGTRAP | 0x80))
        {
            AtCall(observer, thread);
            Resume(thread, 0);
            return;
        }

        switch (happened)
        {
            case 0:
                observer.Signalled(thread, signal);
                Resume(thread, signal == SIGSTOP && IsFirst(thread.Process) && SenderOf(thread.Id) != 0 ? 0 : signal);
                break;
            case PTRACE_EVENT_FORK or PTRACE_EVENT_VFORK or PTRACE_EVENT_CLONE:
                Adopt(observer, thread);
                Resume(thread, 0);
                break;
            case PTRACE_EVENT_EXEC:
                // Whichever thread called, it goes on under the number of its process; the others are gone.
                foreach (TracedThread other in _threads.Values.Where(other => other.Process == thread.Process && other != thread).ToArray())
                {
                    thread.Call ??= other.Call;
                    _threads.Remove(other.Id);
                }

                observer.Executed(thread);
                Resume(thread, 0);
                break;
            case PTRACE_EVENT_EXIT:
                observer.Ending(thread, (int)Message(thread.Id));
                Resume(thread, 0);
                break;
            case PTRACE_EVENT_STOP when signal is SIGSTOP or SIGTSTP or SIGTTIN or SIGTTOU:
                // Stopped as a whole, by job control: it stays so until SIGCONT, whose coming is told.
                _ = ptrace(PTRACE_LISTEN, thread.Id, 0, 0);
                break;
            default:
                Resume(thread, 0);
                break;
        }
    }

    private void Adopt(ITraceObserver observer, TracedThread parent)
    {
        int id = (int)Message(parent.Id);
        if (id <= 0)
        {
            return;
        }

        bool isHeld = _threads.TryGetValue(id, out TracedThread? child);
        child ??= _threads[id] = new TracedThread(id, ProcessOf(id));
        child.IsInside = parent.IsInside;
        observer.Forked(parent, child);
        if (isHeld)
        {
            child.IsHeld = false;
            Resume(child, 0);
        }
    }

    private void End(ITraceObserver observer, int id, int status)
    {
        if (_threads.Remove(id, out TracedThread? ended))
        {
            observer.Ended(ended, status);
        }

        // A parent that was killed between the birth and its word of it: nobody else would let these go.
        foreach (TracedThread held in _threads.Values.Where(static thread => thread.IsHeld && !File.Exists($"/proc/{ParentOf(thread.Id)}/stat")))
        {
            held.IsHeld = false;
            Resume(held, 0);
        }
    }

    private static void AtCall(ITraceObserver observer, TracedThread thread)
    {
        if (ReadCall(thread, out long result) is { } begun)
        {
            thread.Call = begun;
            thread.LastCall = begun;
        }
        else if (thread.Call is not null)
        {
            observer.Returned(thread, result);
            thread.Call = null;
        }
    }

    // ESRCH: it was killed meanwhile, and its end comes by itself.
    private static void Resume(TracedThread thread, int signal) => _ = ptrace(PTRACE_SYSCALL, thread.Id, 0, signal);

    private static int WaitForAny(out int status)
    {
        int id;
        while ((id = waitpid(-1, out status, WaitAll | WaitNoThread)) < 0 && Marshal.GetLastPInvokeError() == EINTR)
        {
        }

        return id;
    }

    private static unsafe ulong Message(int id)
    {
        ulong message = 0;
        return ptrace(PTRACE_GETEVENTMSG, id, 0, (nint)(&message)) < 0 ? 0 : message;
    }

    // The kernel spares process 1 a stop from its own namespace; a traced one is stopped all the same, as if the tracer had sent it.
    private static bool IsFirst(int process) => StatusText(process, "NSpid:") is { } numbers && numbers.TrimEnd().Split('\t') is [_, .., "1"];

    // As the process that gets the signal counts: 0 for one outside its namespace. struct siginfo: signo, errno, code, then the sender.
    private static unsafe int SenderOf(int id)
    {
        int* information = stackalloc int[SignalInformationSize / sizeof(int)];
        return ptrace(PTRACE_GETSIGINFO, id, 0, (nint)information) < 0 ? 0 : information[4];
    }

    private static int ProcessOf(int id) => StatusNumber(id, "Tgid:") ?? id;

    private static int ParentOf(int id) => StatusNumber(id, "PPid:") ?? 0;

    private static int? StatusNumber(int id, string field) => StatusText(id, field) is { } text ? int.Parse(text, provider: null) : null;

    private static string? StatusText(int id, string field)
    {
        try
        {
            return File.ReadLines($"/proc/{id}/status").FirstOrDefault(line => line.StartsWith(field, StringComparison.Ordinal))?[field.Length..];
        }
        catch (IOException)
        {
            return null;
        }
    }

    private const nint Options = 1 /* TRACESYSGOOD */ | 2 /* FORK */ | 4 /* VFORK */ | 8 /* CLONE */ | 16 /* EXEC */ | 64 /* EXIT */ | 0x100000 /* EXITKILL */;
    private const int PTRACE_SYSCALL = 24;
    private const int PTRACE_GETEVENTMSG = 0x4201;
    private const int PTRACE_GETSIGINFO = 0x4202;
    private const int SignalInformationSize = 128;
    private const int PTRACE_SEIZE = 0x4206;
    private const int PTRACE_INTERRUPT = 0x4207;
    private const int PTRACE_LISTEN = 0x4208;
    private const int PTRACE_EVENT_FORK = 1;
    private const int PTRACE_EVENT_VFORK = 2;
    private const int PTRACE_EVENT_CLONE = 3;
    private const int PTRACE_EVENT_EXEC = 4;
    private const int PTRACE_EVENT_EXIT = 6;
    private const int PTRACE_EVENT_STOP = 128;
    private const int WaitAll = 0x40000000;
    private const int WaitNoThread = 0x20000000;
    private const int SIGTRAP = 5;
    private const int SIGSTOP = 19;
    private const int SIGTSTP = 20;
    private const int SIGTTIN = 21;
    private const int SIGTTOU = 22;
    private const int EINTR = 4;

    [LibraryImport("libc", SetLastError = true)]
    private static partial nint ptrace(nint request, nint pid, nint address, nint data);

    [LibraryImport("libc", SetLastError = true)]
    private static partial int waitpid(int pid, out int status, int options);
}
