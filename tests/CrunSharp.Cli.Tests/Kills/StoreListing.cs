using System.Globalization;
using System.Security.Cryptography;

namespace CrunSharp.CliTests.Kills;

/// <summary>Everything in an image store, with contents: to be equal, two have to be made of the same images and nothing else.</summary>
internal static class StoreListing
{
    public static SortedSet<string> Of(string root)
    {
        SortedSet<string> entries = new(StringComparer.Ordinal);
        foreach (string part in (string[])["blobs", "images", "ingest", "layers", "tags", "tmp"])
        {
            string directory = Path.Combine(root, part);
            if (Directory.Exists(directory))
            {
                entries.UnionWith(new DirectoryInfo(directory).EnumerateFileSystemInfos("*", SearchOption.AllDirectories).Select(entry =>
                    $"{Path.GetRelativePath(root, entry.FullName)} {Describe(entry)}"));
            }
        }

        return entries;
    }

    private static string Describe(FileSystemInfo entry) => entry switch
    {
        { LinkTarget: { } target } => $"-> {target}",
        DirectoryInfo => "directory",
        FileInfo { Length: var length } file when file.FullName.Contains("/tree/", StringComparison.Ordinal) =>
            string.Create(CultureInfo.InvariantCulture, $"{length} {file.LastWriteTimeUtc:O} {Hash(file)}"),
        FileInfo file => Hash(file),
        _ => "",
    };

    private static string Hash(FileInfo file) => Convert.ToHexStringLower(SHA256.HashData(File.ReadAllBytes(file.FullName)));
}
