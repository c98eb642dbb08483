using System.Globalization;
using CrunSharp.Engine;
using CrunSharp.Linux;
using CrunSharp.Machines;
using CrunSharp.Oci;

namespace CrunSharp.Bench;

/// <summary>Everything by which a bench shows on the host: one directory, and the names and marks that lead to the rest.</summary>
/// <remarks>Who made the directory holds its lock: a bench that was killed is known by a lock that is free.</remarks>
internal sealed class Footprint : IDisposable
{
    /// <summary>A variable in the environment of every process that belongs to a bench; its value is the directory.</summary>
    public const string Mark = "CRUN_SHARP_BENCH";

    private const string Prefix = "crun-sharp-bench-";
    private const int SIGKILL = 9;
    private const int MostTries = 40;
    private const int PauseMilliseconds = 50;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(1);

    private readonly FileLock _lock;

    private Footprint(string directory, FileLock held) => (Directory, _lock) = (directory, held);

    public string Directory { get; }

    /// <summary>As a process's environment has it.</summary>
    public string MarkVariable => $"{Mark}={Directory}";

    public static Footprint Make(StoragePaths store)
    {
        string directory = System.IO.Directory.CreateTempSubdirectory(Prefix).FullName;
        FileLock held = FileLock.Acquire($"{directory}/lock");

        // The last: a directory without it is left alone, as it may be one that is being made.
        HostPaths.Replace($"{directory}/owner", System.Text.Encoding.UTF8.GetBytes($"{Environment.ProcessId}\n{store.Root}\n{store.RunRoot}\n"), sync: false);
        return new Footprint(directory, held);
    }

    /// <summary>Clears what benches of this user that were killed have left.</summary>
    public static void ClearAbandoned(Action<string> tell)
    {
        foreach (string directory in System.IO.Directory.GetDirectories(Path.GetTempPath(), $"{Prefix}*"))
        {
            // The directory for temporary files is everybody's: only what is ours is believed.
            if (!IsOwn(directory) || TryReadOwner(directory) is not { } owner)
            {
                continue;
            }

            using FileLock? held = FileLock.TryAcquire($"{directory}/lock");
            if (held is not null)
            {
                tell($"clearing what a bench that was killed has left: {directory}");
                ClearEngines(directory, owner);
                ClearHost(directory, owner.Pid);
            }
        }
    }

    public void Dispose()
    {
        ClearHost(Directory, Environment.ProcessId);
        _lock.Dispose();
    }

    private sealed record Owner(int Pid, string Root, string RunRoot);

    private static bool IsOwn(string directory)
    {
        try
        {
            using Microsoft.Win32.SafeHandles.SafeFileHandle handle = FileSystem.OpenPath(directory, OpenAs.Directory | OpenAs.NoFollow);
            return FileSystem.GetStatus(handle).Owner == Processes.EffectiveUser;
        }
        catch (LinuxException)
        {
            return false;
        }
    }

    private static Owner? TryReadOwner(string directory)
    {
        try
        {
            return File.ReadAllLines($"{directory}/owner") is [var pid, var root, var runRoot]
                ? new Owner(int.Parse(pid, CultureInfo.InvariantCulture), root, runRoot)
                : null;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException or FormatException)
        {
            return null;
        }
    }

    // Containers in the stores of engines, by their names, and the image that was imported for them.
    private static void ClearEngines(string directory, Owner owner)
    {
        string own = File.ResolveLinkTarget("/proc/self/exe", returnFinalTarget: true)!.FullName;
        string[] store = ["--root", owner.Root, "--runroot", owner.RunRoot];
        Remove(own, [.. store, "ps", "-a"], [.. store, "rm", "-f"]);
        foreach (string engine in (ReadOnlySpan<string>)["podman", "docker"])
        {
            if (HostTool.Find(engine) is { } path)
            {
                Remove(path, ["ps", "-a", "--format", "{{.Names}}"], ["rm", "-f"]);
                HostTool.TryAsk(path, s_limit, "rmi", "-f", DockerContestant.ImageOf(directory));
            }
        }

        void Remove(string path, string[] list, string[] remove)
        {
            string prefix = InstanceName.PrefixOf(owner.Pid);
            string[] names = [.. (HostTool.TryAsk(path, s_limit, list) ?? "").Split((char[])[' ', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)
                .Where(word => word.StartsWith(prefix, StringComparison.Ordinal))];
            if (names.Length > 0)
            {
                HostTool.TryAsk(path, s_limit, [.. remove, .. names]);
            }
        }
    }

    private static void ClearHost(string directory, int bench)
    {
        byte[] mark = System.Text.Encoding.UTF8.GetBytes($"{Mark}={directory}\0");
        Repeat(() => KillMarked(mark));
        Repeat(() => RemoveCgroups($"{Workshop.CgroupName}-{InstanceName.PrefixOf(bench)}"));
        foreach (string mounted in MountsIn(directory))
        {
            HostTool.TryAsk("umount", s_limit, "--lazy", mounted);
        }

        if (System.IO.Directory.Exists(directory))
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    // Killing takes the kernel a moment, and who was killed may have started another meanwhile.
    private static void Repeat(Func<bool> leavesSome)
    {
        for (int i = 0; i < MostTries && leavesSome(); i++)
        {
            Thread.Sleep(PauseMilliseconds);
        }
    }

    private static bool KillMarked(byte[] mark)
    {
        bool found = false;
        foreach (string process in System.IO.Directory.EnumerateDirectories("/proc"))
        {
            if (int.TryParse(Path.GetFileName(process), CultureInfo.InvariantCulture, out int pid) && pid != Environment.ProcessId && IsMarked(process, mark))
            {
                found = true;
                Processes.Signal(pid, SIGKILL);
            }
        }

        return found;
    }

    private static bool IsMarked(string process, byte[] mark)
    {
        try
        {
            return File.ReadAllBytes($"{process}/environ").AsSpan().IndexOf(mark) >= 0;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            // It has ended, or is another user's.
            return false;
        }
    }

    // Of every hierarchy where there are several; what a runtime made below goes first.
    private static bool RemoveCgroups(string prefix)
    {
        bool left = false;
        foreach (string hierarchy in (string[])["/sys/fs/cgroup", .. System.IO.Directory.GetDirectories("/sys/fs/cgroup")])
        {
            foreach (string cgroup in System.IO.Directory.GetDirectories(hierarchy, $"{prefix}*"))
            {
                left |= !TryRemoveCgroup(cgroup);
            }
        }

        return left;
    }

    private static bool TryRemoveCgroup(string cgroup)
    {
        try
        {
            foreach (string pid in File.ReadAllLines($"{cgroup}/cgroup.procs"))
            {
                Processes.Signal(int.Parse(pid, CultureInfo.InvariantCulture), SIGKILL);
            }

            bool below = System.IO.Directory.GetDirectories(cgroup).All(TryRemoveCgroup);
            return HostPaths.RemoveDirectory(cgroup) == 0 && below;
        }
        catch (Exception failure) when (failure is IOException or UnauthorizedAccessException)
        {
            return !System.IO.Directory.Exists(cgroup);
        }
    }

    // proc_pid_mountinfo(5); the last mounted first.
    private static List<string> MountsIn(string directory) =>
    [
        .. File.ReadLines("/proc/self/mountinfo").Select(static line => line.Split(' ')[4])
            .Where(point => point.StartsWith($"{directory}/", StringComparison.Ordinal)).Reverse(),
    ];
}
