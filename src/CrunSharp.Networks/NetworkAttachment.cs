using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Networks;

/// <summary>A running helper that connects one container; it has to end when the container ends.</summary>
public sealed record NetworkAttachment : IDisposable
{
    /// <summary>The program's name: <c>slirp4netns</c> or <c>pasta</c>.</summary>
    public required string Helper { get; init; }

    public required int HelperPid { get; init; }

    /// <summary>Field 22 of /proc/PID/stat: with the pid it names the process for good.</summary>
    public required ulong HelperStartTime { get; init; }

    /// <summary>For the monitor's cleanup list; the helper is killed through it, never by its number.</summary>
    public required SafeFileHandle PidFd { get; init; }

    /// <summary>What the container's resolv.conf has to name.</summary>
    public required IReadOnlyList<string> NameServers { get; init; }

    /// <summary>Lets go of the descriptor; the helper goes on.</summary>
    public void Dispose() => PidFd.Dispose();
}
