using CrunSharp.Oci;
using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Runtime;

/// <summary>One container to be made, and what its caller wants of it.</summary>
public sealed record LaunchRequest
{
    public required ContainerId Id { get; init; }

    public required Spec Spec { get; init; }

    /// <summary>Gives the text of <see cref="Spec"/>, to be kept; null: it is written out anew. Asked while the stage mounts, when there is time for it.</summary>
    public Func<byte[]>? SpecText { get; init; }

    /// <summary>Absolute path of the bundle's directory.</summary>
    public required string Bundle { get; init; }

    /// <summary>Where the root comes from; null: <c>root.path</c> of the spec, beneath the bundle.</summary>
    public RootSource? Root { get; init; }

    /// <summary>A listening unix socket that receives the terminal.</summary>
    public string? ConsoleSocket { get; init; }

    /// <summary>A listening unix socket that receives the pidfd of the container's first process.</summary>
    public string? PidFdSocket { get; init; }

    /// <summary>Hand the terminal back in <see cref="Launched.Terminal"/> instead of to a socket.</summary>
    public bool OwnTerminal { get; init; }

    /// <summary>Descriptors 0, 1 and 2 of the container; null: the caller's own.</summary>
    public IReadOnlyList<SafeFileHandle>? Stdio { get; init; }

    /// <summary>How many descriptors from 3 on the container inherits.</summary>
    public int PreservedDescriptors { get; init; }

    /// <summary>Keep a small init as process 1, the program as its child.</summary>
    public bool Init { get; init; }

    /// <summary>Receives the process id, as the caller sees it, before the call returns.</summary>
    public string? PidFile { get; init; }

    public bool NoNewKeyring { get; init; }

    public bool NoPivot { get; init; }

    /// <summary>The container stays in the caller's cgroups, without limits of its own.</summary>
    public bool NoCgroup { get; init; }

    /// <summary>Set: a container without limits goes on in the caller's cgroups where nobody makes it one of its own, and this hears why.</summary>
    public Action<string>? WithoutCgroup { get; init; }

    /// <summary>Takes the times of this launch; null: nothing is timed.</summary>
    public LaunchTrace? Trace { get; init; }

    /// <summary>Connects the network of process <c>pid</c>. Runs beside the mounts; the program waits for it.</summary>
    public Func<int, CancellationToken, Task>? Wire { get; init; }
}

/// <summary>How a further process is put into a running container.</summary>
public sealed record ExecRequest
{
    public string? ConsoleSocket { get; init; }

    public string? PidFdSocket { get; init; }

    public bool OwnTerminal { get; init; }

    public IReadOnlyList<SafeFileHandle>? Stdio { get; init; }

    public int PreservedDescriptors { get; init; }

    public string? PidFile { get; init; }

    /// <summary>Start it although the container is paused; it runs once that ends.</summary>
    public bool IgnorePaused { get; init; }

    /// <summary>A cgroup beneath the container's own; null: the container's own.</summary>
    public string? Cgroup { get; init; }
}

/// <summary>What a launch hands back: a child of this process, in the container.</summary>
public sealed record Launched : IDisposable
{
    public required int Pid { get; init; }

    /// <summary>Names the process for good, whoever gets its number later.</summary>
    public required SafeFileHandle PidFd { get; init; }

    /// <summary>The terminal's other side, where <see cref="LaunchRequest.OwnTerminal"/> asked for it.</summary>
    public SafeFileHandle? Terminal { get; init; }

    /// <summary>To be removed once the container has ended; the deepest last.</summary>
    public IReadOnlyList<string> CgroupDirectories { get; init; } = [];

    public void Dispose()
    {
        PidFd.Dispose();
        Terminal?.Dispose();
    }
}
