using System.Buffers.Text;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Who is in a cgroup, and whether it is frozen.</summary>
internal static class CgroupProcesses
{
    private const int ENOENT = 2;
    private const int ENODEV = 19;

    /// <summary>The processes of a cgroup and of those below it, as this process numbers them.</summary>
    public static IReadOnlyList<int> In(string directory)
    {
        SortedSet<int> pids = [];
        Add(directory, pids);
        return [.. pids];
    }

    /// <summary>The cgroups directly below.</summary>
    public static IReadOnlyList<string> Below(string directory)
    {
        try
        {
            return [.. Directory.EnumerateDirectories(directory)];
        }
        catch (DirectoryNotFoundException)
        {
            return [];
        }
    }

    public static bool IsFrozen(IReadOnlyList<string> directories)
    {
        foreach (string directory in directories)
        {
            if (Text(directory + "/freezer.state") is { } state)
            {
                return state is "FROZEN" or "FREEZING";
            }
        }

        foreach (string directory in directories)
        {
            if (Text(directory + "/cgroup.freeze") is { } frozen)
            {
                return frozen == "1";
            }
        }

        return false;
    }

    /// <summary>Stops or resumes every process; false when these cgroups cannot.</summary>
    public static bool Freeze(IReadOnlyList<string> directories, bool frozen)
    {
        foreach (string directory in directories)
        {
            if (HostPaths.Exists(directory + "/freezer.state"))
            {
                return FreezeLegacy(directory + "/freezer.state", frozen);
            }
        }

        foreach (string directory in directories)
        {
            if (HostPaths.Exists(directory + "/cgroup.freeze"))
            {
                Descriptors.WriteOnce(directory + "/cgroup.freeze", frozen ? "1"u8 : "0"u8);
                return WaitFor(() => Text(directory + "/cgroup.events")?.Contains(frozen ? "frozen 1" : "frozen 0", StringComparison.Ordinal) == true);
            }
        }

        return false;
    }

    // Version 1 can stay FREEZING while processes are made; the kernel's documentation says to write again.
    private static bool FreezeLegacy(string file, bool frozen)
    {
        string wanted = frozen ? "FROZEN" : "THAWED";
        byte[] word = Encoding.ASCII.GetBytes(wanted);
        return WaitFor(() =>
        {
            Descriptors.WriteOnce(file, word);
            return Text(file) == wanted;
        });
    }

    private static bool WaitFor(Func<bool> reached)
    {
        for (int attempt = 0; attempt < 200; attempt++)
        {
            if (reached())
            {
                return true;
            }

            Thread.Sleep(5);
        }

        return false;
    }

    private static void Add(string directory, SortedSet<int> pids)
    {
        byte[]? bytes;
        try
        {
            bytes = Descriptors.TryReadAll(directory + "/cgroup.procs");
        }
        catch (LinuxException failure) when (failure.Errno is ENOENT or ENODEV)
        {
            return;
        }

        ReadOnlySpan<byte> rest = bytes;
        while (Utf8Parser.TryParse(rest, out int pid, out int used))
        {
            pids.Add(pid);
            rest = rest[Math.Min(used + 1, rest.Length)..];
        }

        foreach (string child in Below(directory))
        {
            Add(child, pids);
        }
    }

    private static string? Text(string file)
    {
        try
        {
            byte[]? bytes = Descriptors.TryReadAll(file, 4096);
            return bytes is null ? null : Encoding.ASCII.GetString(bytes).TrimEnd('\n');
        }
        catch (LinuxException)
        {
            return null;
        }
    }
}
