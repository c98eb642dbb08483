using System.Globalization;
using System.Text;
using CrunSharp.Oci;

namespace CrunSharp.Bundles;

/// <summary>Who a container's program runs as.</summary>
/// <param name="Groups">All of them, <paramref name="Gid"/> first.</param>
public sealed record ContainerUser(uint Uid, uint Gid, IReadOnlyList<uint> Groups, string Home);

/// <summary>The bytes of /etc/passwd and /etc/group as the engine read them beneath the root; empty where they are not.</summary>
/// <remarks>They come from an image: lines that are not understood are passed over, and nothing is read beyond what was given.</remarks>
public sealed record UserDatabase(ReadOnlyMemory<byte> Passwd, ReadOnlyMemory<byte> Group)
{
    // Beyond this a number would turn negative in programs that keep ids in an int (CVE-2024-40635).
    private const uint LargestId = int.MaxValue;

    private const int MostGroups = 65536;

    public static UserDatabase None { get; } = new(ReadOnlyMemory<byte>.Empty, ReadOnlyMemory<byte>.Empty);

    /// <summary>Finds <c>NAME</c>, <c>UID</c>, and either with <c>:GROUP</c> or <c>:GID</c>; empty: root.</summary>
    /// <param name="additionalGroups">Names or numbers.</param>
    /// <exception cref="CrunException">There is none of that name, or a number is out of range.</exception>
    public ContainerUser Find(string text, IReadOnlyList<string> additionalGroups)
    {
        int colon = text.IndexOf(':');
        string user = colon < 0 ? text : text[..colon];
        string? group = colon < 0 ? null : text[(colon + 1)..];
        if (group is "" || (user.Length == 0 && text.Length > 0))
        {
            throw Refuse(text, "it is not USER or USER:GROUP");
        }

        // A number is a number, whoever in the image's file calls itself by it (CVE-2016-3697).
        bool isNumber = TryNumber(text, user, out uint uid);
        Account? account = FindAccount(user.Length == 0 ? "0" : user, isNumber || user.Length == 0, uid);
        if (account is null && !isNumber && user.Length > 0)
        {
            throw Refuse(text, $"no user '{user}' in the container's /etc/passwd");
        }

        uint gid = group is null ? account?.Gid ?? 0 : FindGroup(text, group);
        GroupList groups = new(gid);
        if (group is null && account is not null)
        {
            AddMemberships(groups, account.Name);
        }

        foreach (string name in additionalGroups)
        {
            groups.Add(FindGroup(name, name));
        }

        return new ContainerUser(account?.Uid ?? uid, gid, groups.Gids, account is { Home.Length: > 0 } ? account.Home : "/");
    }

    private static bool TryNumber(string text, string part, out uint number)
    {
        number = 0;
        if (part.Length == 0 || part.AsSpan().ContainsAnyExceptInRange('0', '9'))
        {
            return false;
        }

        return uint.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out number) && number <= LargestId
            ? true
            : throw Refuse(text, $"ids go from 0 to {LargestId}");
    }

    private Account? FindAccount(string name, bool byNumber, uint uid)
    {
        foreach (string[] fields in Lines(Passwd, 6))
        {
            if (TryId(fields[2], out uint found) && TryId(fields[3], out uint gid) && (byNumber ? found == uid : fields[0] == name))
            {
                return new Account(fields[0], found, gid, fields[5]);
            }
        }

        return null;
    }

    private uint FindGroup(string text, string group)
    {
        if (TryNumber(text, group, out uint number))
        {
            return number;
        }

        foreach (string[] fields in Lines(Group, 3))
        {
            if (fields[0] == group && TryId(fields[2], out uint gid))
            {
                return gid;
            }
        }

        throw Refuse(text, $"no group '{group}' in the container's /etc/group");
    }

    private void AddMemberships(GroupList groups, string name)
    {
        foreach (string[] fields in Lines(Group, 4))
        {
            if (TryId(fields[2], out uint gid) && Array.IndexOf(fields[3].Split(','), name) >= 0)
            {
                groups.Add(gid);
            }
        }
    }

    private static bool TryId(string field, out uint id) =>
        uint.TryParse(field, NumberStyles.None, CultureInfo.InvariantCulture, out id) && id <= LargestId;

    private static IEnumerable<string[]> Lines(ReadOnlyMemory<byte> file, int leastFields)
    {
        ReadOnlyMemory<byte> rest = file;
        while (!rest.IsEmpty)
        {
            int end = rest.Span.IndexOf((byte)'\n');
            ReadOnlyMemory<byte> line = end < 0 ? rest : rest[..end];
            rest = end < 0 ? ReadOnlyMemory<byte>.Empty : rest[(end + 1)..];
            string[] fields = Encoding.UTF8.GetString(line.Span).TrimEnd('\r').Split(':');
            if (fields.Length >= leastFields && fields[0].Length > 0 && fields[0][0] != '#')
            {
                yield return fields;
            }
        }
    }

    private static CrunException Refuse(string text, string why) => new($"cannot use the user '{text}'", why);

    // In the order of the file, each once, and no more than the kernel takes.
    private sealed class GroupList(uint first)
    {
        private readonly HashSet<uint> _seen = [first];

        public List<uint> Gids { get; } = [first];

        public void Add(uint gid)
        {
            if (Gids.Count < MostGroups && _seen.Add(gid))
            {
                Gids.Add(gid);
            }
        }
    }

    private sealed record Account(string Name, uint Uid, uint Gid, string Home);
}
