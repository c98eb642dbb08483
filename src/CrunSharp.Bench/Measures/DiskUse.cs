using System.Globalization;
using CrunSharp.Machines;

namespace CrunSharp.Bench;

/// <summary>Bytes that files occupy.</summary>
internal static class DiskUse
{
    private static readonly TimeSpan s_limit = TimeSpan.FromMinutes(2);

    /// <summary>Of directories without what is mounted in them, and of files without their holes.</summary>
    public static long Of(IReadOnlyList<string> directories)
    {
        long sum = 0;
        foreach (string directory in directories.Where(Path.Exists))
        {
            // A file that vanishes meanwhile makes du complain, and count the rest.
            string answer = HostTool.TryAsk("sh", s_limit, "-c", "du -sx -B1 \"$1\" 2>/dev/null; true", "sh", directory) ?? "0";
            sum += long.TryParse(answer.Split('\t')[0], CultureInfo.InvariantCulture, out long bytes) ? bytes : 0;
        }

        return sum;
    }

    /// <summary>Of programs and kernels; a link counts as what it leads to.</summary>
    public static long OfFiles(IReadOnlyList<string> files) =>
        files.Select(static file => new FileInfo(File.ResolveLinkTarget(file, returnFinalTarget: true)?.FullName ?? file)).Where(static file => file.Exists).Sum(static file => file.Length);
}
