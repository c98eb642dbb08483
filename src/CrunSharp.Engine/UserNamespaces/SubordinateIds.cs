using System.Globalization;
using CrunSharp.Linux;

namespace CrunSharp.Engine;

/// <summary>A run of ids that the administrator has given to a user.</summary>
public readonly record struct IdRange(uint First, uint Count)
{
    /// <summary>One past the last; it does not fit 32 bits when the range ends with them.</summary>
    public ulong End => (ulong)First + Count;
}

/// <summary>The lines of <c>/etc/subuid</c> and <c>/etc/subgid</c>, and the id maps that follow from them.</summary>
/// <remarks>subuid(5).</remarks>
public static class SubordinateIds
{
    /// <summary>The kernel takes so many lines since Linux 4.15: user_namespaces(7).</summary>
    private const int MostExtents = 340;

    // What useradd begins with, and how much it gives.
    private const uint Usual = 65536;
    private const uint UsualFirst = 100000;

    /// <summary>The ranges of a user, who may be named by name or by number; lines that are no range are passed over.</summary>
    public static IReadOnlyList<IdRange> Parse(string text, string name, uint uid)
    {
        List<IdRange> ranges = [];
        foreach ((string owner, IdRange range) in Lines(text))
        {
            if (owner == name || owner == uid.ToString(CultureInfo.InvariantCulture))
            {
                ranges.Add(range);
            }
        }

        return ranges;
    }

    /// <summary>Id 0 is the user; the subordinate ids follow from 1 on, in the order of the file.</summary>
    /// <remarks>
    /// The kernel refuses a map that names an id twice. Files do: useradd and administrators both add lines, and a
    /// line may cover the user's own id. What was seen before is left out.
    /// </remarks>
    public static IReadOnlyList<IdExtent> MakeMap(uint own, IReadOnlyList<IdRange> ranges)
    {
        List<IdExtent> map = [new(0, own, 1)];
        List<IdRange> used = [new(own, 1)];
        ulong inside = 1;
        foreach (IdRange range in ranges)
        {
            foreach (IdRange piece in Without(range, used))
            {
                // Inside, the last id there can be is 2^32 - 2.
                ulong count = Math.Min(piece.Count, uint.MaxValue - inside);
                if (map.Count == MostExtents || count == 0)
                {
                    return map;
                }

                map.Add(new IdExtent((uint)inside, piece.First, (uint)count));
                used.Add(piece);
                inside += count;
            }
        }

        return map;
    }

    /// <summary>A range that nobody has in this text, of the usual size: <c>165536-231071</c>.</summary>
    public static string SuggestFree(string text)
    {
        ulong first = UsualFirst;
        foreach ((_, IdRange range) in Lines(text))
        {
            first = Math.Max(first, range.End);
        }

        return $"{first}-{first + Usual - 1}";
    }

    private static IEnumerable<(string Owner, IdRange Range)> Lines(string text)
    {
        foreach (string line in text.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
        {
            string[] words = line.Split(':');
            if (words.Length == 3 && line[0] != '#'
                && uint.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out uint first)
                && uint.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out uint count)
                && count > 0 && (ulong)first + count <= uint.MaxValue)
            {
                yield return (words[0], new IdRange(first, count));
            }
        }
    }

    /// <summary>What of a range none of the others has, in order.</summary>
    private static List<IdRange> Without(IdRange range, List<IdRange> others)
    {
        List<IdRange> pieces = [range];
        foreach (IdRange other in others)
        {
            List<IdRange> left = [];
            foreach (IdRange piece in pieces)
            {
                if (other.End <= piece.First || other.First >= piece.End)
                {
                    left.Add(piece);
                    continue;
                }

                if (piece.First < other.First)
                {
                    left.Add(new IdRange(piece.First, other.First - piece.First));
                }

                if (other.End < piece.End)
                {
                    left.Add(new IdRange((uint)other.End, (uint)(piece.End - other.End)));
                }
            }

            pieces = left;
        }

        return pieces;
    }
}
