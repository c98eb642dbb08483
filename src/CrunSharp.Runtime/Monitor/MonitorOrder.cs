using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>What the monitor holds while a process runs, and what it owes when that ends.</summary>
/// <remarks>The contract is native/include/order.h.</remarks>
public sealed record MonitorOrder
{
    /// <summary>The child to wait for.</summary>
    public required int Pid { get; init; }

    public SafeFileHandle? PidFd { get; init; }

    /// <summary>The terminal's master.</summary>
    public SafeFileHandle? Terminal { get; init; }

    /// <summary>The end of a pipe that is written to; the process reads it as its descriptor 0.</summary>
    public SafeFileHandle? Input { get; init; }

    /// <summary>The end of a pipe that is read from; the process writes it as its descriptor 1.</summary>
    public SafeFileHandle? Output { get; init; }

    /// <summary>As <see cref="Output"/>, for descriptor 2.</summary>
    public SafeFileHandle? Error { get; init; }

    /// <summary>Gets one NUL byte and is closed once the monitor holds everything.</summary>
    public SafeFileHandle? Ready { get; init; }

    /// <summary>Descriptor 0 is handed on to the terminal or to <see cref="Input"/>.</summary>
    public bool HandOnInput { get; init; }

    /// <summary>Descriptor 0, where it is a terminal, is raw meanwhile.</summary>
    public bool Raw { get; init; }

    /// <summary>Signals to the monitor go to the process.</summary>
    public bool ForwardSignals { get; init; } = true;

    /// <summary>Nothing is written to 1 and 2: only the log gets the output.</summary>
    public bool Silent { get; init; }

    /// <summary>The process is not the container's first: cleaning up does not wait for the others.</summary>
    public bool NotFirst { get; init; }

    /// <summary>The end of the input is handed on as well.</summary>
    public bool InputOnce { get; init; }

    /// <summary>A listening socket (SOCK_SEQPACKET): whoever connects as the same user takes part. For <see cref="Monitor.Attach"/>, the connected one.</summary>
    public SafeFileHandle? Attach { get; init; }

    /// <summary>For <see cref="Monitor.Attach"/> on a raw terminal: ctrl-p ctrl-q leaves the process alone.</summary>
    public bool DetachKeys { get; init; }

    /// <summary>Path of the exit record, written when the process has ended.</summary>
    public string? Record { get; init; }

    /// <summary>Path of a file that output is appended to.</summary>
    public string? Log { get; init; }

    /// <summary>Done in this order once the process has ended; a failure does not stop the next.</summary>
    public IReadOnlyList<MonitorAction> Actions { get; init; } = [];
}

/// <summary>One thing that the monitor does once the process has ended.</summary>
public abstract record MonitorAction
{
    private MonitorAction()
    {
    }

    /// <summary>Kills another process, such as a network's helper.</summary>
    public sealed record Kill(SafeFileHandle PidFd) : MonitorAction;

    /// <summary>Removes a directory with all that is below; absent is fine.</summary>
    public sealed record RemoveTree(string Path) : MonitorAction;

    /// <summary>Removes a cgroup and those below it.</summary>
    public sealed record RemoveCgroup(string Path, bool KillFirst) : MonitorAction;

    /// <summary>Removes a file; absent is fine.</summary>
    public sealed record Unlink(string Path) : MonitorAction;

    /// <summary>Unmounts lazily; not mounted is fine.</summary>
    public sealed record Unmount(string Path) : MonitorAction;

    /// <summary>Runs a program and waits for it.</summary>
    public sealed record Run(string Program, IReadOnlyList<string> Args, TimeSpan? Timeout) : MonitorAction;
}
