using System.Text.RegularExpressions;
using CrunSharp.Linux;
using CrunSharp.Oci;

namespace CrunSharp.Engine;

/// <summary>Names for people: given by the user, or made of an adjective and a thing found in a harbour.</summary>
internal static partial class ContainerNames
{
    private const int Longest = 128;

    private const string Adjectives =
        """
        amber brave brisk calm candid clever coastal copper crisp curious deft eager
        early easy even fair fleet fond frank fresh gentle glad golden grand
        hardy honest humble ivory jolly keen kind lively loyal lucid mellow merry
        mild modest neat nimble noble patient placid plain plucky polite prompt proud
        quick quiet rapid ready robust salty sharp silent simple sleek smooth snug
        sober steady stout sturdy sunny swift tidy trusty vivid warm wise witty
        """;

    private const string Things =
        """
        albatross anchor barge beacon bollard bosun bow brig buoy cabin canoe capstan
        channel chart clipper compass coral cove crane crate cutter deck dinghy dock
        dolphin ferry fjord frigate galley gull harbour hatch heron hull island jetty
        kayak keel ketch lagoon lantern lighthouse mast mooring oar osprey otter pelican
        pier pilot puffin quay raft reef rigging rudder sail schooner seal sextant
        shore skiff sloop starboard tern tide tiller trawler tugboat wharf winch yawl
        """;

    /// <param name="attempt">From the third try on, a number makes a free name likely however many are taken.</param>
    public static string Generate(int attempt)
    {
        string name = $"{Pick(Adjectives)}_{Pick(Things)}";
        return attempt < 3 ? name : $"{name}{KernelRandom.Below(10_000)}";
    }

    /// <exception cref="CrunException">The name could not name a file safely, or could be taken for an option.</exception>
    public static string Check(string name) =>
        name.Length <= Longest && Form().IsMatch(name)
            ? name
            : throw new CrunException($"cannot use the name '{name}'", $"a name is letters, digits, '_', '.' and '-', begins with a letter or digit, and has at most {Longest}");

    // Cut up when asked for: an array of so many words is filled at each start.
    private static string Pick(string words)
    {
        string[] all = words.Split((char[])[' ', '\n'], StringSplitOptions.RemoveEmptyEntries);
        return all[KernelRandom.Below(all.Length)];
    }

    [GeneratedRegex(@"\A[A-Za-z0-9][A-Za-z0-9_.-]*\z", RegexOptions.CultureInvariant)]
    private static partial Regex Form();
}
