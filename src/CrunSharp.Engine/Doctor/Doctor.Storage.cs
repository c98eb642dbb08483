using CrunSharp.Linux;
using Microsoft.Win32.SafeHandles;
using Tmds.Linux;

namespace CrunSharp.Engine;

public static partial class Doctor
{
    private const int NoSuchDevice = 19;

    /// <summary>Mounted and written to where images will lie: what lies below decides whether it works.</summary>
    private static Finding Overlay(bool root)
    {
        string place = root ? Nearest("/var/lib/crun-sharp") : Nearest(Environment.GetEnvironmentVariable("XDG_DATA_HOME") ?? $"{Environment.GetEnvironmentVariable("HOME")}/.local/share");
        Finding finding = new() { Name = "overlay", Health = Health.Fine, Seen = $"works beneath '{place}'{(root ? "" : ", with userxattr")}" };
        string trial = $"{place}/.crun-sharp-doctor-{Environment.ProcessId}";
        try
        {
            int error = TryOverlay(trial, inUserNamespace: !root);
            return error == 0 ? finding : WithoutOverlay($"refused beneath '{place}': {Describe(error)}", error == NoSuchDevice, FuseOverlay.WhyNot());
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return finding with { Health = Health.Missing, Seen = FileFailure.Describe(exception), Costs = "images cannot be kept there", Mend = "keep them elsewhere: --root DIRECTORY" };
        }
        finally
        {
            Clear(trial);
        }
    }

    /// <summary>What stands in for overlay, at which cost.</summary>
    internal static Finding WithoutOverlay(string refusal, bool isNoModule, (string Why, string Mend)? fuse)
    {
        string mend = isNoModule ? "sudo modprobe overlay" : "keep images on ext4, xfs or tmpfs: --root DIRECTORY";
        Finding finding = new() { Name = "overlay", Health = Health.Limited, Seen = $"{refusal}; fuse-overlayfs stands in", Mend = mend };
        return fuse is not var (why, better)
            ? finding with { Costs = "a process for each container serves its files, each opening and reading slower than by the kernel" }
            : finding with
            {
                Seen = $"{refusal}; not fuse-overlayfs either: {why}",
                Costs = "every container copies its image first: time and room for all of it",
                Mend = better,
            };
    }

    private static int TryOverlay(string trial, bool inUserNamespace)
    {
        foreach (string name in (string[])["lower", "upper", "work", "merged"])
        {
            Directory.CreateDirectory($"{trial}/{name}");
        }

        File.WriteAllText($"{trial}/lower/file", "");
        using SafeFileHandle directory = Descriptors.Open(trial, LibC.O_RDONLY | LibC.O_DIRECTORY);
        return Holder.TryOverlay(directory, inUserNamespace);
    }

    private static void Clear(string trial)
    {
        try
        {
            // Overlay leaves a directory of mode 0 in there, which its owner alone can open up again.
            string work = $"{trial}/work/work";
            if (Directory.Exists(work))
            {
                File.SetUnixFileMode(work, UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute);
            }

            if (Directory.Exists(trial))
            {
                Directory.Delete(trial, recursive: true);
            }
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A leftover of a few empty directories does not change what was found.
        }
    }

    private static string Nearest(string path)
    {
        string place = Path.GetFullPath(path);
        while (!Directory.Exists(place))
        {
            place = Path.GetDirectoryName(place) ?? "/";
        }

        return place;
    }

    /// <summary>A fresh procfs is refused in a user namespace where the host hides parts of its own: the kernel's mount_too_revealing.</summary>
    internal static Finding Proc(string mountInfo, bool root)
    {
        List<string> masks = [];
        foreach (string line in mountInfo.Split('\n'))
        {
            // Field 5 is the mount point: proc_pid_mountinfo(5). binfmt_misc lies on an empty directory and hides nothing.
            string[] fields = line.Split(' ');
            if (fields.Length > 5 && fields[4].StartsWith("/proc/", StringComparison.Ordinal) && fields[4] != "/proc/sys/fs/binfmt_misc")
            {
                masks.Add(fields[4]);
            }
        }

        Finding finding = new() { Name = "/proc", Health = Health.Fine, Seen = "nothing is mounted over it" };
        return masks.Count == 0 ? finding : finding with
        {
            Health = root ? Health.Fine : Health.Missing,
            Seen = $"hidden in part: {string.Join(", ", masks.Distinct().Take(4))}",
            Costs = root ? null : "containers of ordinary users can have no /proc of their own: only --pid host works",
            Mend = root ? null : $"sudo umount {string.Join(' ', masks.Distinct())}",
        };
    }
}
