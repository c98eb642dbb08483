using Microsoft.Win32.SafeHandles;

namespace CrunSharp.Linux;

/// <summary>A child of this process that executes, or is about to.</summary>
public readonly record struct StartedProcess(int Pid, SafeFileHandle PidFd);

/// <summary>How a process is cloned, and what it executes.</summary>
public readonly ref struct ProcessStart
{
    /// <summary>CLONE_NEW* of the namespaces that are made with it.</summary>
    public ulong Namespaces { get; init; }

    /// <summary>An open file: executed by descriptor, so nobody can put another in its place.</summary>
    public required SafeFileHandle Program { get; init; }

    /// <summary>argv[0]; argv[1] is the number of the first descriptor.</summary>
    public required string Name { get; init; }

    /// <summary>They become consecutive numbers in the new process.</summary>
    public required ReadOnlySpan<int> Descriptors { get; init; }

    /// <summary>The new numbers stay above this one.</summary>
    public int KeepUpTo { get; init; }

    /// <summary>Index of the socket, among the descriptors, that hears of a failed exec; -1 for none.</summary>
    public int Report { get; init; }

    /// <summary>A directory of cgroup2 to be born in.</summary>
    public SafeFileHandle? Cgroup { get; init; }

    /// <summary>A pipe: the child executes once a byte comes through it.</summary>
    public SafeFileHandle? Hold { get; init; }

    /// <summary>The other end of <see cref="Hold"/>: closed in the child, which otherwise would not see that we gave up.</summary>
    public SafeFileHandle? HoldWrite { get; init; }
}
