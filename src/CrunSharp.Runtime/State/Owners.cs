using System.Globalization;
using System.Text;
using CrunSharp.Linux;

namespace CrunSharp.Runtime;

/// <summary>Names of users, as the host's /etc/passwd has them.</summary>
internal static class Owners
{
    /// <summary>The number, where the file has no name for it.</summary>
    public static string Name(uint user)
    {
        if (user == 0)
        {
            return "root";
        }

        string number = user.ToString(CultureInfo.InvariantCulture);
        byte[]? users = Descriptors.TryReadAll("/etc/passwd");
        foreach (ReadOnlySpan<char> line in Encoding.UTF8.GetString(users ?? []).AsSpan().EnumerateLines())
        {
            string[] fields = line.ToString().Split(':');
            if (fields.Length > 2 && fields[2] == number)
            {
                return fields[0];
            }
        }

        return number;
    }
}
