using System.Text;

namespace CrunSharp.Linux;

/// <summary>One line of an id map: <paramref name="Count"/> ids from <paramref name="Inside"/> on are those from <paramref name="Outside"/> on.</summary>
/// <remarks>user_namespaces(7), uid_map.</remarks>
public readonly record struct IdExtent(uint Inside, uint Outside, uint Count)
{
    public override string ToString() => $"{Inside} {Outside} {Count}";

    /// <summary>The map of the calling process: <c>/proc/self/uid_map</c> or <c>gid_map</c>, as the parent namespace counts.</summary>
    public static IReadOnlyList<IdExtent> Read(string path) => Parse(Encoding.ASCII.GetString(Descriptors.ReadAll(path)));

    /// <exception cref="FormatException">The text is not lines of three numbers.</exception>
    public static IReadOnlyList<IdExtent> Parse(string text)
    {
        List<IdExtent> extents = [];
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries))
        {
            string[] words = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (words.Length != 3)
            {
                throw new FormatException($"'{line}' is no extent of an id map");
            }

            extents.Add(new IdExtent(uint.Parse(words[0]), uint.Parse(words[1]), uint.Parse(words[2])));
        }

        return extents;
    }
}
