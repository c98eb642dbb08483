using System.Globalization;

namespace CrunSharp.Machines;

/// <summary>A tree as an ext4 filesystem in a file, made without a mount and so without privilege.</summary>
internal static class DiskImage
{
    /// <summary>The program that makes it.</summary>
    public const string Maker = "mkfs.ext4";

    private const long SpareKiB = 16 << 10;
    private const long SpareFiles = 1024;
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(5);

    /// <summary>Fills the file; owners, modes, links, devices and extended attributes come too.</summary>
    /// <remarks>mke2fs(8), -d. No journal: what a machine writes is thrown away with it.</remarks>
    /// <exception cref="Oci.CrunException">The maker is missing or failed.</exception>
    public static string Make(string tree, string file)
    {
        long files = Count("--inodes", tree) + SpareFiles;

        // Where the host compresses, or files have holes, one of the two is short.
        long content = Math.Max(Count("--block-size=1K", tree), Count("--apparent-size --block-size=1K", tree));
        long size = content + (content / 10) + files + SpareKiB;
        HostTool.Run(
            Maker, s_limit, "-q", "-F", "-d", tree, "-m", "0", "-O", "^has_journal", "-N", files.ToString(CultureInfo.InvariantCulture), file, $"{size}k");
        return file;
    }

    private static long Count(string what, string tree) =>
        long.Parse(HostTool.Run("du", s_limit, ["--summarize", "--one-file-system", .. what.Split(' '), "--", tree]).Split('\t')[0], CultureInfo.InvariantCulture);
}
