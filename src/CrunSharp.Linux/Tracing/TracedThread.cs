namespace CrunSharp.Linux;

/// <summary>A system call as the kernel saw it begin.</summary>
/// <param name="Architecture">The token of &lt;linux/audit.h&gt;, which seccomp filters see too.</param>
public readonly record struct SystemCall(uint Architecture, ulong Instruction, long Number, ulong A, ulong B, ulong C, ulong D, ulong E, ulong F)
{
    public ulong this[int index] => index switch
    {
        0 => A,
        1 => B,
        2 => C,
        3 => D,
        4 => E,
        _ => F,
    };
}

/// <summary>One thread that is followed.</summary>
public sealed class TracedThread(int id, int process)
{
    public int Id { get; } = id;

    /// <summary>The thread's process: the number that its threads share.</summary>
    public int Process { get; internal set; } = process;

    /// <summary>The call that it is in; null between calls.</summary>
    public SystemCall? Call { get; internal set; }

    /// <summary>The call that it made last, also after it came back: a filter's signal arrives later.</summary>
    public SystemCall? LastCall { get; internal set; }

    /// <summary>Whether a program has been executed that the caller counts as observed; children inherit it.</summary>
    public bool IsInside { get; set; }

    /// <summary>Born, but its parent's word of it has not come yet.</summary>
    internal bool IsHeld { get; set; }
}

/// <summary>Is told of what the followed threads do; each stands still until the method returns.</summary>
public interface ITraceObserver
{
    /// <summary>A call came back; <see cref="TracedThread.Call"/> still says which.</summary>
    void Returned(TracedThread thread, long result);

    /// <summary>A program was executed; the thread is the only one of its process.</summary>
    void Executed(TracedThread thread);

    void Forked(TracedThread parent, TracedThread child);

    /// <summary>A signal is about to be delivered.</summary>
    void Signalled(TracedThread thread, int signal);

    /// <summary>The thread is about to end, and can still be looked at.</summary>
    /// <param name="status">As wait(2) gives it.</param>
    void Ending(TracedThread thread, int status);

    /// <summary>It is gone; where it was killed, <see cref="Ending"/> may not have come.</summary>
    void Ended(TracedThread thread, int status);
}
