"""The built-in corpus: English image captions from a grammar, with exact probabilities.

This project wrote the grammar. Subject and verb agree in number (groups and herds take the plural),
articles agree with the next sound, and activities with places. As the probability of every sentence
is known, the grammar is an oracle for text, like the target LSTM for synthetic data.
"""

from collections.abc import Sequence
from functools import lru_cache

from leakgan_tf.data.grammar import Grammar
from leakgan_tf.utils.seeds import numpy_generator

START = "Caption"

RULES = """
Caption = 9 Scene . | 1 Scene
Scene = 36 PersonScene | 10 PetScene | 10 WildScene | 18 VehicleScene | 10 RoomScene
    | 10 FoodScene | 8 ThereScene

# ---- people
PersonScene = 24 PersonSg is Doing | 24 PersonSg Doing | 10 PersonSg ActSg
    | 14 PersonPl are Doing | 20 PersonPl Doing | 8 PersonPl ActPl
PersonSg = 45 a Person | 14 a young Person | 6 a little Kid | 8 an AgeV Adult
    | 18 a Person in Clothes | 6 a young Person in Clothes | 3 the Person
PersonPl = 34 Count People | 12 Count young People | 28 Crowd of People | 8 People
    | 12 a Adult and a Companion | 6 the People
Person = 7 Adult | 3 Kid
Adult = 14 man | 13 woman | 5 person | 2 guy | 2 lady
Kid = 6 boy | 6 girl | 3 child
Companion = 4 child | 3 boy | 3 girl | 2 dog | 1 baby
People = 12 people | 6 men | 5 women | 3 boys | 3 girls | 4 children
AgeV = 3 old | 1 elderly
Count = 12 two | 6 three | 2 four | 4 several | 3 some | 2 many
Crowd = 10 a group | 5 a couple | 2 a crowd
Clothes = 5 a ColourC Garment | 1 an orange Garment | 2 a Garment | 2 a helmet | 1 a wetsuit
Garment = 5 shirt | 4 jacket | 3 hat | 2 coat | 2 dress | 1 uniform
ColourC = 6 red | 6 white | 6 black | 5 blue | 3 green | 3 yellow | 2 brown

Doing = 15 riding Ride | 12 playing Game | 14 standing Stand | 14 sitting Sit | 12 walking Walk
    | 11 holding Hold | 7 eating Eat | 5 looking at Seen | 4 taking a picture of Seen
    | 4 talking on a Phone | 4 flying a kite KitePlace | 3 cutting Dish with a knife
    | 3 preparing food in Kitchen | 5 skiing SkiPlace | 4 swinging Swing | 3 throwing Throw
    | 3 carrying Carry | 2 wearing Clothes and holding Held
ActSg = 6 rides Ride | 5 plays Game | 6 stands Stand | 6 sits Sit | 4 walks Walk | 5 holds Hold
    | 2 eats Eat | 2 looks at Seen | 2 takes a picture of Seen | 2 talks on a Phone
    | 1 flies a kite KitePlace | 1 cuts Dish with a knife | 2 swings Swing | 1 throws Throw
    | 1 carries Carry
ActPl = 6 ride Ride | 5 play Game | 6 stand Stand | 6 sit Sit | 4 walk Walk | 4 hold Hold
    | 2 eat Eat | 2 look at Seen | 1 prepare food in Kitchen | 2 ski SkiPlace | 1 carry Carry
Ride = 6 a Wheeled | 8 a Wheeled RoadPath | 4 a ColourC Wheeled | 4 a horse | 5 a horse HorsePlace
    | 5 a wave | 6 a wave in the ocean | 2 a surfboard on a wave | 4 a skateboard
    | 5 a skateboard SkatePlace | 2 an elephant | 2 an elephant HorsePlace
Wheeled = 4 bicycle | 4 motorcycle | 3 bike | 1 scooter
RoadPath = 10 down Street | 3 on Street | 2 through the city | 2 in traffic | 1 along the beach
Street = 5 the street | 4 a street | 4 a city street | 3 a busy street | 2 an empty street
    | 3 the road | 2 a dirt road | 2 a country road
HorsePlace = 3 on the beach | 3 in a field | 2 through a river | 2 along a dirt road
    | 1 in a parade
SkatePlace = 4 down a ramp | 3 at a skate park | 3 on the sidewalk | 1 down some stairs
Game = 7 tennis | 7 tennis on a court | 4 baseball | 3 baseball on a field | 3 soccer
    | 4 soccer on a Grassy field | 3 frisbee | 4 frisbee in Park | 3 a video game
    | 3 a video game in a living room | 2 with a ball | 2 with a dog in Park
Grassy = 3 grassy | 2 green | 1 large
Park = 4 a park | 3 the park | 3 a grassy field | 2 the grass
KitePlace = 3 in the sky | 3 on the beach | 3 in Park
Stand = 5 on the beach | 4 in the snow | 3 on a sidewalk | 4 in Kitchen | 5 next to Beside
    | 4 in front of Building | 3 near Beside | 3 on a train platform | 2 at a bus stop
    | 2 in the rain with an umbrella | 2 under an umbrella | 3 around a table | 1 in line
Sit = 6 on Seat | 4 on Seat with a laptop | 4 at a table | 4 at a table with Served
    | 3 on Seat next to Beside | 3 on the beach | 2 on the grass | 2 in front of a computer
    | 1 under a tree
Seat = 5 a bench | 4 a couch | 3 a bed | 3 a wooden bench | 2 a chair | 1 a park bench
Walk = 6 down Street | 4 across Street | 4 on the beach | 3 along the beach with a surfboard
    | 3 with a dog | 3 with a dog on a leash | 3 through the snow | 2 in the rain
    | 2 past Building | 1 through an airport
Hold = 10 Held | 7 Held in PossessedHand | 4 Held on the beach | 3 Held near Building
PossessedHand = 2 one hand | 1 both hands
Held = 4 an umbrella | 3 a ColourC umbrella | 3 a surfboard | 3 a tennis racket | 3 a cell phone
    | 2 a baseball bat | 2 a kite | 2 a camera | 2 a teddy bear | 2 a cup of coffee
    | 2 a Meal | 1 a glass of wine | 1 a remote control | 1 a banana | 1 an apple
Eat = 6 Dish | 5 Dish at a table | 2 Dish in a restaurant | 2 Dish with a fork | 1 lunch outside
Phone = 4 cell phone | 1 phone while Posture
Posture = 3 sitting on Seat | 2 walking down Street
Seen = 4 a computer screen | 3 Building | 2 PetSg | 2 WildSg | 2 a cell phone | 2 a mirror
    | 2 a cake
SkiPlace = 5 down a SnowAdj Slope | 2 on a SnowAdj Slope | 2 through the snow | 1 in the mountains
SnowAdj = 4 snowy | 2 steep | 1 white
Slope = 3 slope | 3 hill | 1 mountain
Swing = 5 a tennis racket at a ball | 5 a baseball bat | 3 a baseball bat at a ball
    | 3 a tennis racket on a court
Throw = 4 a frisbee | 3 a frisbee in Park | 3 a ball | 2 a ball to a dog
Carry = 4 a surfboard | 3 a surfboard into the ocean | 2 bags of luggage | 2 an umbrella
    | 1 a backpack
Beside = 5 a bicycle | 3 a ColourC Road | 4 a Road | 2 a fire hydrant | 2 a tree | 2 a fence
    | 2 an elephant | 2 a dog | 2 the water
Building = 4 a building | 3 a tall building | 3 a store | 2 an old building | 2 a brick building
    | 2 a church | 2 a clock tower | 1 a fountain

# ---- animals at home
PetScene = 22 PetSg is PetDoing | 30 PetSg PetDoing | 14 PetSg PetSgAct
    | 12 PetPl are PetDoing | 16 PetPl PetDoing | 6 PetPl PetPlAct
PetSg = 40 a Pet | 26 a LookC Pet | 6 an orange cat | 8 a ColourC and ColourC Pet | 5 an old Pet
Pet = 10 dog | 10 cat | 2 puppy | 2 kitten
LookC = 5 large | 4 small | 5 black | 4 white | 4 brown | 2 gray | 1 fluffy
PetPl = 30 Count Pets | 10 Count LookC Pets | 12 a cat and a dog | 4 a dog and a puppy
Pets = 6 dogs | 6 cats | 1 puppies | 1 kittens
PetDoing = 14 lying Lie | 12 sitting Perch | 6 sleeping Lie | 5 standing PetPlace
    | 4 running Run | 4 looking at Watched | 4 playing with Toy | 2 drinking water from Bowl
    | 2 eating food from Bowl
PetSgAct = 6 lies Lie | 6 sits Perch | 4 sleeps Lie | 2 stands PetPlace | 2 runs Run
    | 2 looks at Watched | 2 plays with Toy
PetPlAct = 6 lie Lie | 6 sit Perch | 4 sleep Lie | 2 stand PetPlace | 2 run Run
    | 2 look at Watched | 2 play with Toy
Lie = 6 on a bed | 5 on a couch | 3 on the floor | 3 on the grass | 2 in the sun | 2 on a rug
    | 2 under a table | 2 on top of a laptop
Perch = 5 on a bench | 4 in a chair | 4 on a table | 3 on a window sill | 3 in a bathroom sink
    | 3 in front of a television | 2 on top of a car | 1 in a suitcase
PetPlace = 3 in a kitchen | 3 next to a door | 2 in the snow | 2 by the water | 2 in a bathtub
Run = 4 along the beach | 3 through the snow | 3 across a Grassy field | 2 with a frisbee
Bowl = 3 a bowl | 1 a bucket | 1 a ColourC bowl
Watched = 4 a camera | 3 a mirror | 2 a television | 2 a bird
Toy = 4 a frisbee | 3 a ball | 2 a shoe | 1 a teddy bear

# ---- animals outside
WildScene = 22 WildSg is WildDoing | 26 WildSg WildDoing | 10 WildSg WildSgAct
    | 14 WildPl are WildDoing | 20 WildPl WildDoing | 8 WildPl WildPlAct
WildSg = 36 a WildC | 16 a SizeC Wild | 8 an elephant | 5 an adult Grown | 5 a baby Grown
    | 6 a ColourC Farm | 3 a ColourC and ColourC Farm
WildC = 6 giraffe | 6 zebra | 4 bear | 8 Farm | 2 bird
Wild = 10 WildC | 3 elephant
Farm = 5 horse | 4 cow | 2 sheep
Grown = 4 elephant | 4 giraffe | 3 zebra | 2 bear
SizeC = 4 large | 3 small | 1 big
WildPl = 30 Count Animals | 10 Count SizeC Animals | 26 a herd of Herd | 8 a flock of Flock
Animals = 5 horses | 5 giraffes | 5 zebras | 4 elephants | 3 cows | 3 birds | 3 bears
Herd = 5 sheep | 4 elephants | 4 cows | 4 zebras | 3 horses | 2 cattle | 2 giraffes
Flock = 4 birds | 2 sheep
WildDoing = 16 standing WildPlace | 9 walking Roam | 8 grazing Graze | 6 eating Fodder
    | 4 running Roam | 4 lying WildPlace | 3 drinking water from Drunk
WildSgAct = 6 stands WildPlace | 4 walks Roam | 3 grazes Graze | 2 eats Fodder | 2 runs Roam
WildPlAct = 6 stand WildPlace | 4 walk Roam | 4 graze Graze | 2 eat Fodder | 2 run Roam
WildPlace = 6 in a Grassy field | 4 in the grass | 3 next to Neighbour | 3 in the water
    | 3 on a dirt road | 3 behind a fence | 2 in a zoo | 2 near a tree | 2 under a tree
    | 2 on top of a hill | 2 in the snow
Neighbour = 3 a fence | 3 a tree | 2 each other | 2 a river | 1 a rock
Roam = 5 through a field | 4 along the beach | 3 across a road | 3 down Street | 3 in the snow
    | 2 through the grass | 2 through the water
Graze = 5 in a Grassy field | 4 on grass | 3 on a hill | 2 near a river | 2 by a fence
Fodder = 5 grass | 3 leaves from a tree | 3 hay | 2 grass in a Grassy field
Drunk = 3 a river | 2 a pond

# ---- vehicles
VehicleScene = 28 RoadSg is RoadDoing | 26 RoadSg RoadDoing | 10 RoadPl are RoadDoing
    | 12 RoadPl RoadDoing | 12 TrainSg TrainDoing | 6 TrainSg is TrainDoing
    | 14 PlaneSg PlaneDoing | 8 PlaneSg is PlaneDoing | 6 PlanePl PlaneDoing
    | 8 BoatSg BoatDoing | 4 BoatPl are BoatDoing | 6 BoatPl BoatDoing
RoadSg = 12 a Road | 12 a ColourC Road | 3 an orange Road | 4 an old Road | 3 an old ColourC Road
    | 3 a double decker bus | 2 a ColourC double decker bus | 2 a ColourC and ColourC Road
Road = 6 bus | 6 truck | 6 car | 4 motorcycle | 2 van | 2 taxi
RoadPl = 8 Count Roads | 5 Count ColourC Roads | 4 a row of Roads | 3 Roads
Roads = 5 cars | 4 buses | 4 motorcycles | 3 trucks | 2 bicycles
RoadDoing = 12 parked Parking | 10 driving RoadPath | 5 stopped at Stop | 4 sitting Parking
    | 4 waiting at Stop | 2 covered in snow
Parking = 6 on the side of Street | 4 in a parking lot | 4 in front of Building | 3 next to Building
    | 2 near a parking meter | 2 by the water | 2 in a garage
Stop = 4 a traffic light | 3 a red light | 2 a stop sign | 2 an intersection
TrainSg = 6 a train | 5 a ColourC train | 2 a passenger train | 2 a long train | 2 an old train
    | 2 an orange train
TrainDoing = 6 traveling down the tracks | 4 pulling into a station | 4 stopped at a station
    | 3 going over a bridge | 3 traveling through the mountains | 2 passing under a bridge
PlaneSg = 6 an airplane | 4 a large airplane | 4 a plane | 4 a ColourC plane | 3 a passenger jet
    | 2 a small plane
PlanePl = 4 Count planes | 3 Count jets | 1 a couple of airplanes
PlaneDoing = 7 flying in Sky | 5 flying through Sky | 3 flying over Below | 4 sitting on a runway
    | 3 taking off from an airport | 2 parked at an airport gate
Sky = 4 the sky | 4 a blue sky | 3 a cloudy sky | 2 a clear sky | 1 the air
Below = 3 the ocean | 2 a city | 2 the mountains | 2 a beach
BoatSg = 6 a boat | 4 a ColourC boat | 3 a small boat | 2 a sail boat
BoatPl = 5 Count boats | 3 a row of boats | 2 boats
BoatDoing = 5 floating on the water | 4 docked in a harbor | 3 tied to a dock
    | 3 sailing in the ocean | 3 floating down a river

# ---- rooms
RoomScene = 14 KitchenSg with InKitchen | 14 BathSg with InBath | 9 LivingSg with InLiving
    | 9 BedSg with InBed | 4 a view of KitchenSg with InKitchen | 4 a view of BathSg with InBath
    | 4 LivingSg filled with furniture | 3 the kitchen has InKitchen | 3 the bathroom has InBath
    | 5 Basin next to Stool in BathSg | 5 Stove and Fridge in KitchenSg
KitchenSg = 5 a kitchen | 6 a RoomAdjC kitchen | 1 an empty kitchen
BathSg = 5 a bathroom | 6 a RoomAdjC bathroom | 1 an empty bathroom
LivingSg = 5 a LivingRoom | 5 a RoomAdjC LivingRoom | 1 an empty LivingRoom
LivingRoom = 4 living room | 1 dining room
BedSg = 4 a bedroom | 4 a RoomAdjC bedroom | 3 a hotel room
RoomAdjC = 4 small | 3 large | 3 clean | 3 white | 2 modern | 1 dark
Kitchen = 3 a kitchen | 1 the kitchen | 1 a small kitchen
InKitchen = 5 Stove and Fridge | 4 Cabinets and Stove | 3 Stove | 3 Cabinets
    | 3 Stove , Fridge and Cabinets
Stove = 4 a stove | 2 an oven | 2 a white stove | 1 a black oven
Fridge = 4 a refrigerator | 3 a sink | 2 a microwave | 1 a large window
Cabinets = 4 wooden cabinets | 3 white cabinets | 2 a wooden table
InBath = 6 Basin and Stool | 3 Basin | 3 Stool and Washing | 3 Basin , Stool and Washing
Basin = 5 a sink | 3 a white sink | 2 a mirror | 2 a large mirror
Stool = 5 a toilet | 3 a white toilet
Washing = 4 a shower | 3 a bathtub | 1 a window
InLiving = 5 Couch and Screen | 3 Couch | 3 Table and Screen | 3 Couch , Table and Screen
Couch = 5 a couch | 2 a ColourC couch | 2 two couches
Table = 3 a table | 3 a wooden table | 2 a chair
Screen = 4 a television | 3 a fireplace | 2 a window | 1 a lamp
InBed = 5 Bed and Lamp | 3 Bed | 3 Bed next to Lamp
Bed = 4 a bed | 3 a large bed | 2 two beds
Lamp = 4 a lamp | 3 a window | 3 a desk | 2 a television

# ---- food
FoodScene = 12 Plated | 12 Plated FoodPlace | 6 a close up of Plated | 6 Plated next to Drink
    | 8 a Savoury with Topping and Greens | 5 a Savoury with Topping FoodPlace
    | 5 a Meal is FoodPlaceIs | 4 a table topped with Served | 3 Count Desserts FoodPlace
Plated = 5 a plate of Foods | 5 a plate of Foods and Side | 4 a bowl of Bowled
    | 3 a ColourC plate with Dish | 3 a pan of Foods | 2 a tray of Desserts
Foods = 4 food | 3 pasta | 3 vegetables | 2 meat | 2 chicken | 2 fruit | 2 salad
Side = 4 rice | 4 broccoli | 2 potatoes | 2 bread
Bowled = 4 soup | 3 fruit | 3 rice | 2 cereal | 2 oranges | 2 apples | 1 bananas
Dish = 5 a Meal | 4 a slice of pizza | 3 a piece of cake | 2 food | 2 vegetables | 1 fruit
    | 1 an apple
Meal = 5 pizza | 4 sandwich | 3 hot dog | 2 cake | 2 salad | 1 burger | 1 donut
Savoury = 5 pizza | 4 sandwich | 2 hot dog | 1 burger
Topping = 4 cheese | 3 meat | 2 tomatoes
Greens = 3 vegetables | 2 mushrooms | 2 onions | 1 broccoli
Desserts = 4 donuts | 3 cookies | 2 cakes | 2 sandwiches
FoodPlace = 7 on a table | 4 on a wooden table | 4 on a plate | 3 on a counter | 2 in a box
    | 2 sitting on a table
FoodPlaceIs = 4 sitting on a plate | 3 sitting on a table | 2 on a wooden table | 2 in an oven
Served = 4 a plate of Foods | 3 plates of food | 2 wine glasses | 2 a cake | 2 cups of coffee
Drink = 4 a cup of coffee | 3 a glass of wine | 2 a glass of water | 2 a fork | 1 a bottle of beer

# ---- things that are there
ThereScene = 12 there is Lone Where | 8 there are Many Where | 4 there is PetSg PetDoing
    | 4 there are WildPl WildDoing | 4 there is PersonSg Doing | 3 there are Count People Doing
Lone = 4 a clock | 4 a stop sign | 3 a fire hydrant | 3 a traffic light | 3 a street sign
    | 2 a large clock | 2 a vase of flowers | 2 a bench | 2 an umbrella | 1 a statue
Many = 4 Count signs | 3 Count benches | 3 Count umbrellas | 2 Count traffic lights
    | 2 many flowers | 1 a lot of books
Where = 5 on the side of Building | 4 in front of Building | 4 on the corner of Street
    | 3 in the middle of Street | 3 near a fence | 2 by the ocean | 2 on a pole
"""


@lru_cache(maxsize=1)
def grammar() -> Grammar:
    """Returns the grammar of captions; parses it once."""
    return Grammar(RULES, START)


def sample(n: int, seed: int) -> list[list[str]]:
    """Returns the tokens of ``n`` independent samples; equal seeds give equal captions."""
    generator = numpy_generator(seed, "captions")
    own = grammar()
    return [own.sample(generator) for _ in range(n)]


def sample_text(n: int, seed: int) -> list[str]:
    """Returns ``n`` sampled captions as text; the tokenizer ``word`` restores their tokens."""
    # Full stop and comma are the only punctuation marks of the grammar.
    return [" ".join(t).replace(" .", ".").replace(" ,", ",") for t in sample(n, seed)]


def log_prob(tokens: Sequence[str]) -> float:
    """Returns log p of a caption in nats; -inf if the grammar cannot generate it."""
    return grammar().log_prob(tokens)
