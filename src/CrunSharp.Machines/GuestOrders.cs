using System.Globalization;
using System.Text;

namespace CrunSharp.Machines;

/// <summary>What the first process of a machine is to start, in the form that native/guest/init.c reads.</summary>
/// <param name="Token">Stands in the lines before and after the program's output, so that no program can write them by chance.</param>
internal sealed record GuestOrders(string Token, string Directory, IReadOnlyList<string> Arguments, IReadOnlyList<string> Environment)
{
    public byte[] Encode()
    {
        StringBuilder words = new();
        Add(Token);
        Add(Directory);
        AddAll(Arguments);
        AddAll(Environment);
        return Encoding.UTF8.GetBytes(words.ToString());

        void Add(string word) => words.Append(word).Append('\0');

        void AddAll(IReadOnlyList<string> list)
        {
            Add(list.Count.ToString(CultureInfo.InvariantCulture));
            foreach (string word in list)
            {
                Add(word);
            }
        }
    }
}
