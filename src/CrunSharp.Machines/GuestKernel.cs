using CrunSharp.Oci;

namespace CrunSharp.Machines;

/// <summary>A kernel for virtual machines: one that the user names, or Debian's for clouds, unpacked and not installed.</summary>
public sealed record GuestKernel(string Path, string Version)
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <exception cref="CrunException">There is no such file.</exception>
    public static GuestKernel Of(string path) => File.Exists(path)
        ? new GuestKernel(System.IO.Path.GetFullPath(path), System.IO.Path.GetFileName(path))
        : throw new CrunException($"cannot use the kernel '{path}'", "no such file");

    /// <summary>The kernel that an earlier call left in <paramref name="cache"/>; null when there is none.</summary>
    public static GuestKernel? TryGet(string cache) =>
        Directory.Exists(cache) && Directory.GetFiles(cache, "vmlinuz-*").Order(StringComparer.Ordinal).LastOrDefault() is { } path
            ? new GuestKernel(path, System.IO.Path.GetFileName(path)["vmlinuz-".Length..])
            : null;

    /// <summary>Fetches Debian's linux-image-cloud-* with apt and keeps its kernel, 8 MB, in <paramref name="cache"/>.</summary>
    /// <remarks>The package is checked by apt; nothing is installed. A second call finds what the first one kept.</remarks>
    /// <exception cref="CrunException">Not a Debian, or its packages are out of reach.</exception>
    public static GuestKernel Ensure(string cache, Action<string> tell)
    {
        if (TryGet(cache) is { } kept)
        {
            return kept;
        }

        string meta = $"linux-image-cloud-{Platform.Host.Architecture}";
        if (HostTool.Find("apt-get") is null || HostTool.Find("dpkg-deb") is null)
        {
            throw new CrunException("cannot fetch a kernel for virtual machines", "apt-get and dpkg-deb are not here")
            {
                Hints = ["name one: --kernel /boot/vmlinuz"],
            };
        }

        string scratch = Directory.CreateTempSubdirectory("crun-sharp-kernel-").FullName;
        try
        {
            string package = Newest(meta);
            tell($"fetching {package} for the virtual machines (27 MB, unpacked, not installed)");
            HostTool.Run("sh", s_limit, "-c", "cd \"$1\" && apt-get -q download \"$2\" && dpkg-deb -x *.deb .", "sh", scratch, package);
            string kernel = Directory.GetFiles($"{scratch}/boot", "vmlinuz-*").Single();
            Directory.CreateDirectory(cache);
            string target = $"{cache}/{System.IO.Path.GetFileName(kernel)}";
            File.Copy(kernel, $"{target}.new", overwrite: true);
            File.Move($"{target}.new", target, overwrite: true);
        }
        finally
        {
            Directory.Delete(scratch, recursive: true);
        }

        return TryGet(cache)!;
    }

    private static string Newest(string meta)
    {
        string depends = HostTool.TryAsk("apt-cache", s_limit, "depends", "--important", meta) ?? "";
        if (!depends.Contains("linux-image-", StringComparison.Ordinal))
        {
            throw new CrunException("cannot fetch a kernel for virtual machines", $"apt knows no package '{meta}'")
            {
                Hints = ["apt-get update", "or name a kernel: --kernel /boot/vmlinuz"],
            };
        }

        return depends.Split('\n').Select(static line => line.Trim())
            .First(static line => line.StartsWith("Depends: linux-image-", StringComparison.Ordinal))["Depends: ".Length..];
    }
}
